-- The rows of one transfer.offer on the lead of the same number, which is registered and screened already.
WITH next AS MATERIALIZED (
    SELECT nextval('limit_offer') AS n
), one AS MATERIALIZED (
    SELECT n, ('0' || lpad(to_hex(n), 31, '0'))::uuid AS lead, ('2' || lpad(to_hex(n), 31, '0'))::uuid AS act,
           ('3' || lpad(to_hex(n), 31, '0'))::uuid AS leg,
           (:townships::text[])[1 + n % cardinality(:townships::text[])] AS township,
           (:police::text[])[1 + n % cardinality(:police::text[])] AS police,
           nextval('limit_log') AS log_index
    FROM next
), c AS (
    UPDATE "case" SET last_seq = 4, snapshot = :snapshot::bytea FROM one WHERE root_id = lead
), a AS (
    INSERT INTO act (root_id, root_seq, lead_id, act_id, sender, kid, act, jws, body, body_sha256, receipt,
                     receipt_jws, received_at)
    SELECT lead, 4, lead, act, township, :kid, 'transfer.offer', :jws, :body::bytea, :body_sha256::bytea,
           :receipt::bytea, :receipt_jws, now()
    FROM one
), r AS (
    INSERT INTO act_reader (node_id, act_id, lead_id, root_id, root_seq)
    SELECT node, act, lead, lead, 4 FROM one, unnest(ARRAY[township, police]) AS node
), s AS (
    INSERT INTO subject (subject_id, kind, root_id, lead_id, on_offer)
    SELECT leg, 'transfer', lead, lead, true FROM one
), e AS (
    INSERT INTO lead_entry (node_id, lead_id, root_id, state, category, role, is_origin, registered_at, due)
    SELECT node, lead, lead, 'in_transfer', 'disorder', role, node = township, now(),
           CASE node WHEN police THEN now() + interval '1 day' END
    FROM one, unnest(ARRAY[township, :office::text, police], ARRAY['holder', 'participant', 'participant'])
        AS party (node, role)
    ON CONFLICT (node_id, lead_id) DO UPDATE SET state = excluded.state, category = excluded.category,
        role = excluded.role, due = excluded.due
), k AS (
    INSERT INTO deadline (deadline_id, root_id, lead_id, node_id, rule, source, source_text, version, started, due, next_at,
                       provisional)
    SELECT leg, lead, lead, police, 'D04', 'default', '24 h to sign for a transfer', '1', now(),
           now() + interval '1 day', now() + interval '1 day', false
    FROM one
), t AS (
    INSERT INTO stat_delta (node_id, audience, day, measure, delta)
    SELECT township, 'own', current_date, 'pending', 1 FROM one
), d AS (
    INSERT INTO lead_number (digest, lead_id, act_id) SELECT sha256(('offer' || n)::bytea), lead, act FROM one
), i AS (
    INSERT INTO inbox (node_id, seq, act_id, act, lead_id, sender, received_at, log_index)
    SELECT police, n, act, 'transfer.offer', lead, township, now(), log_index FROM one
)
INSERT INTO log_entry (log_index, entry, leaf_hash, act_id, logged_at)
SELECT log_index, :entry::bytea, :leaf_hash::bytea, act, now() FROM one;
