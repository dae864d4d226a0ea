-- `copied`: n, old_lead, at, moved, for each new lead. `slot`: the number of each old id within its lead. `tally`: what
-- each old lead adds to the statistics.
CREATE FUNCTION pg_temp.new_id(n bigint, slot int) RETURNS uuid IMMUTABLE LANGUAGE sql AS $$
    SELECT (lpad(to_hex(n), 12, '0') || '7' || lpad(to_hex(slot), 3, '0') || '8000000000000000')::uuid
$$;
INSERT INTO lead_entry (node_id, lead_id, root_id, state, category, role, is_origin, registered_at, due, sealed)
SELECT node_id, pg_temp.new_id(n, 0), pg_temp.new_id(n, 0), state, category, role, is_origin, registered_at + moved,
       due + moved, sealed
FROM copied JOIN lead_entry AS old ON lead_id = old_lead ORDER BY n;
INSERT INTO subject (subject_id, kind, root_id, lead_id, on_offer)
SELECT pg_temp.new_id(n, slot), kind, pg_temp.new_id(n, 0), pg_temp.new_id(n, 0), on_offer
FROM copied JOIN subject AS old ON lead_id = old_lead
JOIN slot ON slot.lead_id = old_lead AND slot.old = subject_id ORDER BY n;
INSERT INTO act_reader (node_id, act_id, lead_id, root_id, root_seq)
SELECT node_id, pg_temp.new_id(n, slot), pg_temp.new_id(n, 0), pg_temp.new_id(n, 0), root_seq
FROM copied JOIN act_reader AS old ON lead_id = old_lead
JOIN slot ON slot.lead_id = old_lead AND slot.old = act_id ORDER BY n;
INSERT INTO deadline (deadline_id, root_id, lead_id, node_id, rule, source, source_text, version, started, due, stopped,
                   suspended_at, warned_at, breached_at, next_at, provisional)
SELECT pg_temp.new_id(n, slot), pg_temp.new_id(n, 0), pg_temp.new_id(n, 0), node_id, rule, source, source_text, version,
       started + moved, due + moved, stopped + moved, suspended_at + moved, warned_at + moved, breached_at + moved,
       next_at + moved, provisional
FROM copied JOIN deadline AS old ON lead_id = old_lead
JOIN slot ON slot.lead_id = old_lead AND slot.old = deadline_id ORDER BY n;
-- As if no two leads had a number or a subject in common.
INSERT INTO lead_number (digest, lead_id, act_id)
SELECT sha256((id || ' ' || n)::bytea), pg_temp.new_id(n, 0), pg_temp.new_id(n, slot)
FROM copied JOIN lead_number AS old ON lead_id = old_lead
LEFT JOIN slot ON slot.lead_id = old_lead AND slot.old = act_id ORDER BY n;
INSERT INTO blind_index (digest, lead_id, root_id, kind, registered_at)
SELECT sha256(digest || n::text::bytea), pg_temp.new_id(n, 0), pg_temp.new_id(n, 0), kind, registered_at + moved
FROM copied JOIN blind_index AS old ON lead_id = old_lead ORDER BY n;
INSERT INTO inbox (node_id, seq, act_id, act, lead_id, sender, received_at, log_index)
SELECT node_id, head + row_number() OVER (PARTITION BY node_id ORDER BY n, seq), pg_temp.new_id(n, slot), act,
       pg_temp.new_id(n, 0), sender, received_at + moved,
       (SELECT max(log_index) FROM log_entry) + row_number() OVER (ORDER BY n, seq)
FROM copied JOIN inbox AS old ON lead_id = old_lead
JOIN slot ON slot.lead_id = old_lead AND slot.old = act_id
JOIN (SELECT node_id, max(seq) AS head FROM inbox GROUP BY node_id) AS heads USING (node_id);
-- What the copies add, folded; what the templates' own acts added stays as the service wrote it.
INSERT INTO stat_rollup (node_id, audience, grain, starts, measure, total)
SELECT node_id, audience, grain, starts, measure, sum(added)
FROM (
    SELECT node_id, audience, measure, ((at + lag) AT TIME ZONE 'Asia/Shanghai')::date AS day, sum(number) AS added
    FROM copied JOIN tally ON lead_id = old_lead GROUP BY 1, 2, 3, 4
) AS daily
CROSS JOIN LATERAL (
    VALUES ('ever', date '0001-01-01'), ('month', date_trunc('month', day)::date), ('day', day)
) AS place (grain, starts)
GROUP BY node_id, audience, grain, starts, measure
