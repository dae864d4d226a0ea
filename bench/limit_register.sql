-- The rows of one lead.register. Ids rise like the UUIDv7 of real acts, so that indexes grow at their right edge.
WITH next AS MATERIALIZED (
    SELECT nextval('limit_lead') AS n
), one AS MATERIALIZED (
    SELECT n, ('0' || lpad(to_hex(n), 31, '0'))::uuid AS lead, ('1' || lpad(to_hex(n), 31, '0'))::uuid AS act,
           (:townships::text[])[1 + n % cardinality(:townships::text[])] AS township,
           nextval('limit_log') AS log_index
    FROM next
), c AS (
    INSERT INTO "case" (root_id, last_seq, data_key, snapshot)
    SELECT lead, 1, :data_key::bytea, :snapshot::bytea FROM one
), a AS (
    INSERT INTO act (root_id, root_seq, lead_id, act_id, sender, kid, act, jws, body, body_sha256, receipt,
                     receipt_jws, received_at)
    SELECT lead, 1, lead, act, township, :kid, 'lead.register', :jws, :body::bytea, :body_sha256::bytea,
           :receipt::bytea, :receipt_jws, now()
    FROM one
), r AS (
    INSERT INTO act_reader (node_id, act_id, lead_id, root_id, root_seq)
    SELECT township, act, lead, lead, 1 FROM one
), s AS (
    INSERT INTO subject (subject_id, kind, root_id, lead_id, on_offer)
    SELECT lead, 'lead', lead, lead, false FROM one
), e AS (
    INSERT INTO lead_entry (node_id, lead_id, root_id, state, role, is_origin, registered_at)
    SELECT township, lead, lead, 'registered', 'holder', true, now() FROM one
), b AS (
    INSERT INTO blind_index (digest, lead_id, root_id, kind, registered_at)
    SELECT sha256(('phone' || n)::bytea), lead, lead, 'phone', now() FROM one
), q AS (
    INSERT INTO match_queue (lead_id, queued_at) SELECT lead, now() FROM one
), t AS (
    INSERT INTO stat_delta (node_id, audience, day, measure, delta)
    SELECT township, 'own', current_date, 'received', 1 FROM one
), d AS (
    INSERT INTO lead_number (digest, lead_id, act_id)
    SELECT sha256((kind || n)::bytea), lead, CASE kind WHEN 'lead' THEN NULL ELSE act END
    FROM one, unnest(ARRAY['lead', 'external', 'document']) AS kind
)
INSERT INTO log_entry (log_index, entry, leaf_hash, act_id, logged_at)
SELECT log_index, :entry::bytea, :leaf_hash::bytea, act, now() FROM one;
