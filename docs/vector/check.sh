#!/bin/sh
# Checks the worked vector step by step with openssl 3 and POSIX tools alone: sh check.sh [FOLDER]
# One line a step, then one a case. Status 0: all is as it should be. 仅用 sh 与 openssl 逐步验算本示例。
#
# It checks this vector and shows how each step goes. It is no verifier for what a stranger sends: sed reads the bodies.
set -eu
LC_ALL=C
export LC_ALL
cd "${1:-$(dirname "$0")}"
case $(openssl version) in 'OpenSSL '[3-9].* | 'OpenSSL '[1-9][0-9].*) ;; *) echo 'openssl 3.0 or later is needed' >&2; exit 1 ;; esac
umask 077
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM
exchange=exchange-example civil=civil-affairs-990121 police=police-990121 neighbour=exchange-neighbour
keys=published-test-keys

# no STEP WHY: the step is what cases/cases.tsv names
no() { echo "$1: $2" >"$tmp/why"; echo "NOT AS IT SHOULD BE: $1: $2" >&2; exit 1; }
same() { [ "$2" = "$3" ] || no "$1" "$4: $2, not $3"; }
equal() { cmp -s "$2" "$3" || no "$1" "$2 is not what follows from the rest"; }
hex() { od -An -v -tx1 "$1" | tr -d ' \n'; }
sha256() { openssl dgst -sha256 -r "$1" | cut -c 1-64; }
b64url() { openssl base64 -A | tr '/+' '_-' | tr -d =; }
unb64() { # STEP TEXT FILE: only the one spelling that base64 itself would write
    printf %s "$2" | openssl base64 -d -A >"$3" 2>/dev/null || no "$1" 'malformed base64'
    [ "$(openssl base64 -A -in "$3")" = "$2" ] || no "$1" 'malformed base64'
}
unb64url() {
    case $2 in '' | *[!A-Za-z0-9_-]*) no "$1" 'not base64url without padding' ;; esac
    plain=$(printf %s "$2" | tr '_-' '/+')
    case $((${#plain} % 4)) in 2) plain=$plain== ;; 3) plain=$plain= ;; esac
    unb64 "$1" "$plain" "$3"
}
member() { sed -n 's/.*"'"$1"'": *"\{0,1\}\([^",}]*\).*/\1/p' "$2" | head -n 1; } # NAME FILE: the first of that name

header() { # FILE OUT: a flat JSON object as lines `name value`; no name twice
    awk '{ text = text $0 "\n" } END {
        if (!sub(/^[ \t\r\n]*\{[ \t\r\n]*/, "", text)) exit 1
        value = "(\"[^\"\\\\]*\"|[0-9]+|true|false|\\[[ ]*\"[^\"\\\\]*\"[ ]*\\])"
        while (match(text, "^\"[a-z0-9]+\"[ \t\r\n]*:[ \t\r\n]*" value "[ \t\r\n]*")) {
            one = substr(text, 1, RLENGTH); text = substr(text, RLENGTH + 1)
            name = one; sub(/^"/, "", name); sub(/".*/, "", name)
            sub(/^"[a-z0-9]+"[ \t\r\n]*:[ \t\r\n]*/, "", one); sub(/[ \t\r\n]*$/, "", one)
            if (name in seen) exit 1
            seen[name] = 1; print name " " one
            if (!sub(/^,[ \t\r\n]*/, "", text)) break
        }
        if (text !~ /^\}[ \t\r\n]*$/) exit 1
    }' "$1" >"$2" || no header 'not a JSON object with each member once'
}
said() { sed -n "s/^$1 \"\(.*\)\"\$/\1/p" "$tmp/header"; }
like() { printf '%s\n' "$2" | grep -Eqx -e "$3" || no header "$1 is malformed: $2"; }

signed() { # ALG PUBLIC-KEY SIGNED-BYTES: whether $tmp/signature signs them
    case $1 in
    Ed25519) openssl pkeyutl -verify -pubin -inkey "$2" -rawin -in "$3" -sigfile "$tmp/signature" ;;
    ES256) # r and s side by side become the DER that openssl reads
        half=$(tail -c 32 "$tmp/signature" | od -An -v -tx1 | tr -d ' \n')
        printf 'asn1=SEQUENCE:s\n[s]\nr=INTEGER:0x%.64s\ns=INTEGER:0x%s\n' "$(hex "$tmp/signature")" "$half" >"$tmp/asn1"
        openssl asn1parse -genconf "$tmp/asn1" -noout -out "$tmp/der" && openssl dgst -sha256 -verify "$2" -signature "$tmp/der" "$3" ;;
    *) return 1 ;;
    esac >/dev/null 2>&1
}
by_key() { # OWNER PURPOSE: the header names this key of theirs, and no other algorithm than its own; sets key, alg
    key=$keys/$1.$2
    same key "$(said kid)" "$(cat "$key/kid")" "the $2 key of $1"
    alg=$(said alg)
    [ "$alg" != EdDSA ] || alg=Ed25519
    case $(cat "$key/public.jwk") in *Ed25519*) same key "$alg" Ed25519 alg ;; *) same key "$alg" ES256 alg ;; esac
}
jws() { # TOKEN-FILE BODY TYP AUD OWNER PURPOSE: OWNER empty means whoever `iss` says; sets iss, jti
    token=$(cat "$1") protected=${token%%.*}
    case $token in "$protected"..*) ;; *) no form 'not header..signature' ;; esac
    [ ${#token} -eq $((${#protected} + 88)) ] || no form 'the signature is not 64 bytes'
    unb64url form "$protected" "$tmp/protected"
    unb64url form "${token#*..}" "$tmp/signature"
    header "$tmp/protected" "$tmp/header"
    same header "$(cut -d' ' -f1 "$tmp/header" | sort | tr '\n' ' ')" 'alg aud b64 crit iat iss jti kid typ ' members
    grep -qx 'b64 false' "$tmp/header" && grep -qx 'crit \["b64"\]' "$tmp/header" || no header 'b64 is not false and critical'
    grep -Eqx 'iat [0-9]+' "$tmp/header" || no header 'iat is no number'
    like alg "$(said alg)" 'Ed25519|EdDSA|ES256|SM2-SM3'
    like kid "$(said kid)" '[A-Za-z0-9_-]{43}'
    jti=$(said jti) iss=$(said iss)
    like jti "$jti" '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}'
    like iss "$iss" '[a-z][a-z0-9-]{2,62}'
    by_key "${5:-$iss}" "$6"
    same meaning "$(said typ)" "$3" typ
    same meaning "$(said aud)" "$4" aud
    same meaning "$iss" "${5:-$iss}" iss
    { printf '%s.' "$protected" && cat "$2"; } >"$tmp/signed"
    signed "$alg" "$key/public.pem" "$tmp/signed" || no signature "not by $key over these bytes"
}

# --- the parts that the good vector and the cases are judged by -------------------------------------------------
act() { jws "$1/act.jws" "$1/act.body" lead-act+jws "$exchange" '' act; same meaning "$(member sender "$1/act.body")" "$iss" sender; }
prev() { # FOLDER BEFORE: `prev` is the SHA-256 of the ASCII value of the X-JWS-Signature before it
    same prev "$(member prev "$1/act.body")" "$(sha256 "$2/act.jws")" prev
}
receipt() { # FOLDER ACT-FOLDER
    act "$2"; act_id=$jti sender=$iss
    jws "$1/receipt.jws" "$1/receipt.json" lead-receipt+jws "$sender" "$exchange" signing
    same receipt "$jti" "$act_id" jti
    for pair in receipt=1 "exchange=$exchange" "act_id=$act_id" "act=$(member act "$2/act.body")" "log_origin=$exchange/log" \
        "act_jws_sha256=$(sha256 "$2/act.jws")" "body_sha256=$(sha256 "$2/act.body")" "lead_id=$(member lead_id "$2/act.body")" \
        "body_length=$(($(wc -c <"$2/act.body")))"; do
        same receipt "$(member "${pair%%=*}" "$1/receipt.json")" "${pair#*=}" "${pair%%=*}"
    done
}
vkey() { # NAME KEY-FOLDER TYPE: prints NAME+ID+base64(TYPE KEY), the verifier key of a note
    { printf "\\$3" && openssl pkey -pubin -in "$2/public.pem" -outform DER | tail -c 32; } >"$tmp/typed"
    { printf '%s\n' "$1" && cat "$tmp/typed"; } >"$tmp/named"
    printf '%s+%s+%s' "$1" "$(sha256 "$tmp/named" | cut -c 1-8)" "$(openssl base64 -A -in "$tmp/typed")"
}
note() { # FILE: sets size and root; the log signed it, and what the witness signed is right
    sed '/^$/,$d' "$1" >"$tmp/text"
    sed '1,/^$/d' "$1" >"$tmp/lines"
    same note "$(sed -n 1p "$tmp/text")" "$exchange/log" origin
    size=$(sed -n 2p "$tmp/text") root=$(sed -n 3p "$tmp/text") by_log=
    while read -r _ name encoded; do
        unb64 note "$encoded" "$tmp/line"
        case $name+$(hex "$tmp/line" | cut -c 1-8)+ in
        "$(cut -d+ -f1,2 log/log.vkey)+")
            by_log=1; tail -c +5 "$tmp/line" >"$tmp/signature"
            signed Ed25519 "$keys/$exchange.log/public.pem" "$tmp/text" || no note 'the signature of the log is wrong' ;;
        "$(cut -d+ -f1,2 log/witness.vkey)+")
            tail -c +13 "$tmp/line" >"$tmp/signature"
            { printf 'cosignature/v1\ntime %d\n' "0x$(hex "$tmp/line" | cut -c 9-24)" && cat "$tmp/text"; } >"$tmp/cosigned"
            signed Ed25519 "$keys/$neighbour.witness/public.pem" "$tmp/cosigned" || no note 'the cosignature is wrong' ;;
        esac # a key that the reader does not know counts for nothing
    done <"$tmp/lines"
    [ -n "$by_log" ] || no note 'not signed by the log'
}
leaf() { { printf '\000' && cat "$1"; } | openssl dgst -sha256 -binary; }
branch() { { printf '\001' && cat "$1" "$2"; } | openssl dgst -sha256 -binary; }
proof() { # ENTRY PROOF: RFC 9162 section 2.1.3.2
    sed '1,/^$/d' "$2" >"$tmp/note"
    note "$tmp/note"
    sed '/^$/,$d' "$2" >"$tmp/path"
    same path "$(sed -n 1p "$tmp/path")" c2sp.org/tlog-proof@v1 'first line'
    index=$(sed -n 's/^index //p' "$tmp/path")
    [ "$index" -lt "$size" ] || no path "no entry $index in a log of $size"
    leaf "$1" >"$tmp/node"
    fn=$index sn=$((size - 1))
    sed 1,2d "$tmp/path" >"$tmp/siblings"
    while read -r line; do
        unb64 path "$line" "$tmp/sibling"
        [ "$sn" -ne 0 ] || no path 'one hash too many'
        if [ $((fn & 1)) -eq 1 ] || [ "$fn" -eq "$sn" ]; then
            branch "$tmp/sibling" "$tmp/node" >"$tmp/up"
            while [ "$fn" -ne 0 ] && [ $((fn & 1)) -eq 0 ]; do fn=$((fn >> 1)) sn=$((sn >> 1)); done
        else
            branch "$tmp/node" "$tmp/sibling" >"$tmp/up"
        fi
        mv "$tmp/up" "$tmp/node"
        fn=$((fn >> 1)) sn=$((sn >> 1))
    done <"$tmp/siblings"
    [ "$sn" -eq 0 ] || no path 'a hash is missing'
    same path "$(openssl base64 -A -in "$tmp/node")" "$root" 'the root'
}
assertion() { # FILE: a compact JWT of the civil affairs bureau
    token=$(cat "$1") protected=${token%%.*} claims=${token#*.}
    claims=${claims%%.*}
    same form "$token" "$protected.$claims.${token##*.}" 'three parts'
    unb64url form "$protected" "$tmp/protected"; unb64url form "$claims" "$tmp/claims"
    unb64url form "${token##*.}" "$tmp/signature"
    header "$tmp/protected" "$tmp/header"
    by_key "$civil" auth
    same meaning "$(said typ)" client-authentication+jwt typ
    for pair in "iss=$civil" "sub=$civil" "aud=$exchange"; do
        same meaning "$(member "${pair%%=*}" "$tmp/claims")" "${pair#*=}" "${pair%%=*}"
    done
    printf %s "$protected.$claims" >"$tmp/signed"
    signed "$alg" "$key/public.pem" "$tmp/signed" || no signature 'wrong'
}
possession() { jws "$1" "enrolments/$2/code" lead-enrolment+jws "$exchange" "$2" "$3"; } # PROOF NODE PURPOSE
parts() { # STEM BODY: the files beside a JWS are its parts
    equal parts "$1.protected.json" "$tmp/protected"
    equal parts "$1.signing-input" "$tmp/signed"
    same parts "$(cat "$1.jws.sha256")" "$(sha256 "$1.jws")" "$1.jws.sha256"
}

# --- 1 keys -----------------------------------------------------------------------------------------------------
for folder in "$keys"/*; do
    printf 'LeadBridge published test key: %s' "${folder##*/}" | openssl dgst -sha256 -binary >"$tmp/secret"
    b64url <"$tmp/secret" >"$tmp/d"
    same key "$(member d "$folder/private.jwk")" "$(cat "$tmp/d")" "$folder: the private bytes"
    openssl pkey -in "$folder/private.pem" -pubout -out "$tmp/public.pem"
    equal key "$folder/public.pem" "$tmp/public.pem"
    openssl pkey -pubin -in "$folder/public.pem" -outform DER -out "$tmp/spki"
    tail -c 32 "$tmp/spki" | b64url >"$tmp/last"
    tail -c 64 "$tmp/spki" | head -c 32 | b64url >"$tmp/first"
    case $folder in
    */"$police.act") printf '{"crv":"P-256","kty":"EC","x":"%s","y":"%s"}' "$(cat "$tmp/first")" "$(cat "$tmp/last")" >"$tmp/jwk" ;;
    *) printf '{"crv":"Ed25519","kty":"OKP","x":"%s"}' "$(cat "$tmp/last")" >"$tmp/jwk" ;;
    esac
    equal key "$folder/public.jwk" "$tmp/jwk"
    same key "$(cat "$folder/kid")" "$(openssl dgst -sha256 -binary "$folder/public.jwk" | b64url)" "$folder/kid"
    for name in crv kty x y; do same key "$(member $name "$folder/private.jwk")" "$(member $name "$folder/public.jwk")" "$name"; done
    echo "ok  key        ${folder##*/}  $(cat "$folder/kid")"
done

# --- 2 enrolment: proofs over the code, the request, an entry for each key event -------------------------------
index=0
for node in "$civil" "$police"; do
    folder=enrolments/$node number=1
    jws "$folder/request.jws" "$folder/request.body" lead-enrolment+jws "$exchange" "$node" act
    parts "$folder/request"
    for purpose in act auth; do
        possession "$folder/$purpose.proof.jws" "$node" $purpose
        grep -qF -e "\"proof\":\"$(cat "$folder/$purpose.proof.jws")\"" "$folder/request.body" || no parts "$folder: $purpose"
        printf 'leadbridge/entry/v1\n{"t":"key","node":"%s","kid":"%s","purpose":"%s","event":"register","key_event":%d,"request_jws_sha256":"%s"}\n' \
            "$node" "$(cat "$keys/$node.$purpose/kid")" $purpose $number "$(sha256 "$folder/request.jws")" >"$tmp/entry"
        equal entry "log/entries/$index.bin" "$tmp/entry"
        number=$((number + 1)) index=$((index + 1))
    done
    echo "ok  enrolment  $node"
done

# --- 3 acts: the signature, the chain, the receipt, the entry ---------------------------------------------------
before=
for folder in acts/*; do
    act "$folder"; parts "$folder/act"
    if [ -n "$before" ]; then prev "$folder" "$before"; else grep -q '"prev":null' "$folder/act.body" || no prev 'not null'; fi
    before=$folder
    echo "ok  act        $folder  $alg, SHA-256 of the JWS $(cat "$folder/act.jws.sha256")"
    receipt "$folder" "$folder"; parts "$folder/receipt"
    echo "ok  receipt    $folder"
    printf 'leadbridge/entry/v1\n{"t":"act","act_jws_sha256":"%s","body_sha256":"%s","body_sm3":"%s","receipt_sha256":"%s","receipt_jws_sha256":"%s"}\n' \
        "$(sha256 "$folder/act.jws")" "$(sha256 "$folder/act.body")" "$(openssl dgst -sm3 -r "$folder/act.body" | cut -c 1-64)" \
        "$(sha256 "$folder/receipt.json")" "$(sha256 "$folder/receipt.jws")" >"$tmp/entry"
    equal entry "$folder/entry.bin" "$tmp/entry"
    equal entry "log/entries/$index.bin" "$tmp/entry"
    echo "ok  entry      $folder  number $index of the log"
    index=$((index + 1))
done

# --- 4 the log: leaves, tree, tiles, note, proofs ---------------------------------------------------------------
while read -r start end found; do
    if [ $((end - start)) -eq 1 ]; then
        leaf "log/entries/$start.bin" >"$tmp/$start-$end"
    else
        half=1
        while [ $((half * 2)) -lt $((end - start)) ]; do half=$((half * 2)); done
        branch "$tmp/$start-$((start + half))" "$tmp/$((start + half))-$end" >"$tmp/$start-$end"
    fi
    same path "$(hex "$tmp/$start-$end")" "$found" "the hash of entries $start to $end"
done <log/nodes.txt
echo "ok  tree       $(($(wc -l <log/nodes.txt))) hashes over $index entries"
i=0
while [ $i -lt $index ]; do
    cat "$tmp/$i-$((i + 1))" >>"$tmp/tile"
    length=$(($(wc -c <log/entries/$i.bin)))
    { printf "\\$(printf %03o $((length / 256)))\\$(printf %03o $((length % 256)))" && cat log/entries/$i.bin; } >>"$tmp/bundle"
    i=$((i + 1))
done
equal path "log/tile/0/000.p/$index" "$tmp/tile"
equal path "log/tile/entries/000.p/$index" "$tmp/bundle"
echo 'ok  tiles      of hashes and of entries'
same note "$(cat log/log.vkey)" "$(vkey "$exchange/log" "$keys/$exchange.log" 001)" log.vkey
same note "$(cat log/witness.vkey)" "$(vkey "$neighbour/witness" "$keys/$neighbour.witness" 004)" witness.vkey
note log/checkpoint
same note "$size $root" "$index $(openssl base64 -A -in "$tmp/0-$index")" 'size and root'
echo 'ok  note       signed by the log, cosigned by the witness'
for folder in acts/*; do
    proof "$folder/entry.bin" "$folder/entry.tlog-proof"
    equal note log/checkpoint "$tmp/note"
    echo "ok  proof      $folder  entry $index"
done

# --- 5 a token: the assertion that the agency logs in with ------------------------------------------------------
assertion token/assertion.jwt
equal parts token/assertion.header.json "$tmp/protected"
equal parts token/assertion.claims.json "$tmp/claims"
equal parts token/assertion.signing-input "$tmp/signed"
echo 'ok  assertion  token/assertion.jwt'

# --- 6 cases: what must be refused is refused, by the step that the table names ---------------------------------
tab=$(printf '\t')
sed 1d cases/cases.tsv >"$tmp/cases"
while IFS=$tab read -r name what verdict step _; do
    folder=cases/$name
    [ -d "$folder" ] || no cases "$folder is missing"
    : >"$tmp/why"
    status=accepted
    ( # in a shell of its own, which a refusal ends
        case $what in
        act) act "$folder" ;;
        prev) act "$folder" && prev "$folder" acts/1-lead.register ;;
        receipt) receipt "$folder" acts/2-transfer.offer ;;
        log) proof "$folder/entry.bin" "$folder/entry.tlog-proof" ;;
        proof) possession "$folder/proof.jws" "$civil" auth ;;
        assertion) assertion "$folder/assertion.jwt" ;;
        *) no cases "$what is unknown" ;;
        esac
    ) 2>/dev/null || status=refused
    why=$(cat "$tmp/why")
    same cases "$status at ${why%%:*}" "$verdict at ${step#-}" "$name"
    echo "ok  case       $name: $status${why:+ at $why}"
done <"$tmp/cases"
[ $(($(wc -l <"$tmp/cases"))) -eq $(($(ls cases | wc -l) - 1)) ] || no cases 'a folder is not in the table'
echo 'all is as it should be'
