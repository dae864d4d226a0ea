"""What a lead keeps, under the names of the acts that write it. Texts stay in the acts."""
