-- `copied`: n, old_lead, at, for each new lead. `slot`: the number of each old id within its lead.
CREATE FUNCTION pg_temp.new_id(n bigint, slot int) RETURNS uuid IMMUTABLE LANGUAGE sql AS $$
    SELECT (lpad(to_hex(n), 12, '0') || '7' || lpad(to_hex(slot), 3, '0') || '8000000000000000')::uuid
$$;
INSERT INTO lead_entry (node_id, lead_id, root_id, state, category, role, is_origin, registered_at, due)
SELECT node_id, pg_temp.new_id(n, 0), pg_temp.new_id(n, 0), state, category, role, is_origin, at,
       at + (due - registered_at)
FROM copied JOIN lead_entry AS old ON lead_id = old_lead ORDER BY n;
INSERT INTO subject (subject_id, kind, root_id, lead_id, on_offer)
SELECT pg_temp.new_id(n, slot), kind, pg_temp.new_id(n, 0), pg_temp.new_id(n, 0), on_offer
FROM copied JOIN subject AS old ON lead_id = old_lead
JOIN slot ON slot.lead_id = old_lead AND slot.old = subject_id ORDER BY n;
INSERT INTO act_reader (node_id, act_id, lead_id, root_id, root_seq)
SELECT node_id, pg_temp.new_id(n, slot), pg_temp.new_id(n, 0), pg_temp.new_id(n, 0), root_seq
FROM copied JOIN act_reader AS old ON lead_id = old_lead
JOIN slot ON slot.lead_id = old_lead AND slot.old = act_id ORDER BY n;
INSERT INTO clock (clock_id, root_id, lead_id, node_id, rule, started, due, stopped, provisional)
SELECT pg_temp.new_id(n, slot), pg_temp.new_id(n, 0), pg_temp.new_id(n, 0), node_id, rule, at, at + (due - started),
       at + (stopped - started), provisional
FROM copied JOIN clock AS old ON lead_id = old_lead
JOIN slot ON slot.lead_id = old_lead AND slot.old = clock_id ORDER BY n;
INSERT INTO lead_number (digest, lead_id, act_id)
SELECT sha256((id || ' ' || n)::bytea), pg_temp.new_id(n, 0), pg_temp.new_id(n, slot)
FROM copied JOIN lead_number AS old ON lead_id = old_lead
LEFT JOIN slot ON slot.lead_id = old_lead AND slot.old = act_id ORDER BY n;
INSERT INTO inbox (node_id, seq, act_id, act, lead_id, sender, received_at, log_index)
SELECT node_id, head + row_number() OVER (PARTITION BY node_id ORDER BY n, seq), pg_temp.new_id(n, slot), act,
       pg_temp.new_id(n, 0), sender, at, row_number() OVER (ORDER BY n, seq)
FROM copied JOIN inbox AS old ON lead_id = old_lead
JOIN slot ON slot.lead_id = old_lead AND slot.old = act_id
JOIN (SELECT node_id, max(seq) AS head FROM inbox GROUP BY node_id) AS heads USING (node_id)
