"""The parts of revision 0001, by what their tables are about. Released with 0.1, they are never changed."""
