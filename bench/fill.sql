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
INSERT INTO clock (clock_id, root_id, lead_id, node_id, rule, source, source_text, version, started, due, stopped,
                   provisional)
SELECT pg_temp.new_id(n, slot), pg_temp.new_id(n, 0), pg_temp.new_id(n, 0), node_id, rule, source, source_text, version,
       at, at + (due - started), at + (stopped - started), provisional
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
JOIN (SELECT node_id, max(seq) AS head FROM inbox GROUP BY node_id) AS heads USING (node_id);
-- What the acts on the templates added, as if spread over every day of the period; the templates' own stays unfolded.
INSERT INTO stat_rollup (node_id, audience, grain, starts, measure, total)
SELECT node_id, audience, grain, starts, measure, sum(share)
FROM (
    SELECT node_id, audience, measure, day::date AS day, greatest(1, added * leads / templates / days) AS share
    FROM (SELECT node_id, audience, measure, sum(delta) AS added FROM stat_delta GROUP BY 1, 2, 3) AS template
    CROSS JOIN (
        SELECT count(*) AS leads, count(DISTINCT old_lead) AS templates, min(at) AS first, max(at) AS last,
               greatest(1, extract(day FROM max(at) - min(at))::bigint) AS days
        FROM copied
    ) AS spread
    CROSS JOIN generate_series(first, last, interval '1 day') AS day
    WHERE added > 0
) AS daily
CROSS JOIN LATERAL (
    VALUES ('ever', date '0001-01-01'), ('month', date_trunc('month', day)::date), ('day', day)
) AS place (grain, starts)
GROUP BY node_id, audience, grain, starts, measure
