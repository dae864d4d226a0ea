#!/bin/sh
# A first signed act with nothing but a POSIX shell, curl and OpenSSL 3: keys, enrolment, one lead registered, the
# receipt verified, the same act sent again, a token, the first reads. Written from docs/protocol.md alone.
#
#   first_act.sh URL NODE_ID EXCHANGE_ID CODE [FOLDER]
#   first_act.sh http://127.0.0.1:8080 township-990121101 exchange-local CODE
#
# FOLDER (default ./first-act) keeps the keys and everything sent and received. A code works once: with the same
# FOLDER the script may be run again, and then registers another lead with the keys that are enrolled already.
# 仅用 sh、curl、openssl 完成接入和第一份签名文书；同一目录可重复运行，不再消耗接入码。
set -eu
umask 077

die() {
    echo "first_act.sh: $*" >&2
    exit 1
}

[ $# -ge 4 ] || die 'usage: first_act.sh URL NODE_ID EXCHANGE_ID CODE [FOLDER]'
url=${1%/} node=$2 exchange=$3 code=$4 home=${5:-first-act}
# LibreSSL and OpenSSL 1.1.1 are called `openssl` too; only 3 signs with Ed25519 here.
case $(openssl version) in
'OpenSSL '[3-9]*) ;;
*) die "OpenSSL 3 or later is needed, this is: $(openssl version)" ;;
esac
mkdir -p "$home"
cd "$home"

# --- small parts ------------------------------------------------------------------------------------------------
b64url() { openssl base64 -A | tr '+/' '-_' | tr -d '='; }
unb64url() { # $1: base64url without padding; prints the bytes
    padded=$(printf %s "$1" | tr -- '-_' '+/')
    while [ $((${#padded} % 4)) -ne 0 ]; do padded=$padded=; done
    printf %s "$padded" | openssl base64 -d -A
}
sha256() { openssl dgst -sha256 -r | cut -c 1-64; }
uuid() { # version 4; the exchange recommends version 7, which a shell has no milliseconds for
    openssl rand -hex 16 | sed 's/^\(.\{8\}\)\(.\{4\}\).\(.\{3\}\).\(.\{3\}\)\(.\{12\}\)$/\1-\2-4\3-8\4-\5/'
}
now() { date -u +%Y-%m-%dT%H:%M:%SZ; }
# $1: member, $2: file. Enough for the flat texts of these answers; a real client has a JSON parser.
text_of() { sed -n 's/.*"'"$1"'": *"\([^"]*\)".*/\1/p' "$2" | head -n 1; }
header_of() { tr -d '\r' <"$2" | sed -n 's/^'"$1"': *//p' | head -n 1; }

# The raw public key is the last 32 bytes of the DER form (RFC 8410).
public_x() { openssl pkey -in "$1" -pubout -outform DER | tail -c 32 | b64url; }
# RFC 7638: the members that make the key, in the order of their names, without spaces.
thumbprint_of_x() { printf '{"crv":"Ed25519","kty":"OKP","x":"%s"}' "$1" | openssl dgst -sha256 -binary | b64url; }

# $1: key file, $2: typ, $3: jti, $4: body file. Prints a detached JWS (RFC 7515 appendix F, RFC 7797).
sign_detached() {
    kid=$(thumbprint_of_x "$(public_x "$1")")
    protected=$(printf '{"alg":"Ed25519","kid":"%s","typ":"%s","iss":"%s","aud":"%s","iat":%s,"jti":"%s","b64":false,"crit":["b64"]}' \
        "$kid" "$2" "$node" "$exchange" "$(date +%s)" "$3" | b64url)
    # The body goes in as it is, not as base64url: that is what "b64":false says.
    { printf '%s.' "$protected" && cat "$4"; } >to-be-signed
    openssl pkeyutl -sign -inkey "$1" -rawin -in to-be-signed -out signature
    printf '%s..%s' "$protected" "$(b64url <signature)"
    rm to-be-signed signature
}

# $1: method, $2: path, $3: file for the answer, further: curl's own. Prints the status; headers go to $3.headers.
call() {
    method=$1 path=$2 answer=$3
    shift 3
    curl --silent --show-error --max-time 60 --request "$method" "$@" \
        --output "$answer" --dump-header "$answer.headers" --write-out '%{http_code}' "$url$path"
}
post_signed() { # $1: path, $2: body file, $3: JWS, $4: file for the answer
    call POST "$1" "$4" --header 'Content-Type: application/json' --header "X-JWS-Signature: $3" --data-binary "@$2"
}

# $1: body, $2: JWS, $3: typ, $4: jti. The exchange's keys are those pinned when the node enrolled.
verify_of_exchange() {
    unb64url "${2%%..*}" >protected.json
    for pair in "typ=$3" "iss=$exchange" "aud=$node" "jti=$4" alg=Ed25519; do
        [ "$(text_of "${pair%%=*}" protected.json)" = "${pair#*=}" ] || die "the signature does not say ${pair}"
    done
    exchange_kid=$(text_of kid protected.json)
    sed 's/.*"jwks"//' enrolled.json | tr '{}' '\n\n' | grep -F "\"kid\":\"$exchange_kid\"" >key.json ||
        die "no pinned key of the exchange has the id $exchange_kid"
    x=$(text_of x key.json)
    [ "$(thumbprint_of_x "$x")" = "$exchange_kid" ] || die 'a key of the exchange is not what its id says'
    # An Ed25519 public key in DER is this fixed prefix and the 32 raw bytes (RFC 8410 section 4).
    { printf '\060\052\060\005\006\003\053\145\160\003\041\000' && unb64url "$x"; } >exchange.der
    { printf '%s.' "${2%%..*}" && cat "$1"; } >signed.bin
    unb64url "${2#*..}" >signature.bin
    openssl pkeyutl -verify -pubin -inkey exchange.der -keyform DER -rawin -in signed.bin -sigfile signature.bin \
        >/dev/null || die "the exchange did not sign $1"
    rm protected.json key.json exchange.der signed.bin signature.bin
}

# --- 1 keys: one to act, one to log in; a key has one purpose for ever ------------------------------------------
for purpose in act auth; do
    [ -f $purpose.pem ] || openssl genpkey -algorithm ED25519 -out $purpose.pem
    echo "key $purpose  $(thumbprint_of_x "$(public_x $purpose.pem)")"
done

# --- 2 enrolment: the code, both public keys, and each key's proof that we hold it ------------------------------
if [ ! -f enrolled.json ]; then
    printf %s "$code" >code
    key_json() {
        printf '{"purpose":"%s","jwk":{"kty":"OKP","crv":"Ed25519","x":"%s"},"proof":"%s"}' \
            "$1" "$(public_x "$1.pem")" "$(sign_detached "$1.pem" lead-enrolment+jws "$(uuid)" code)"
    }
    printf '{"code":"%s","node_id":"%s","keys":[%s,%s]}' "$code" "$node" "$(key_json act)" "$(key_json auth)" >enrolment.json
    jws=$(sign_detached act.pem lead-enrolment+jws "$(uuid)" enrolment.json)
    status=$(post_signed /v1/enrolments enrolment.json "$jws" answer.json)
    [ "$status" = 201 ] || die "enrolment: $status $(cat answer.json)"
    mv answer.json enrolled.json
    rm code enrolment.json answer.json.headers
    echo "enrolled $node; the keys of $exchange are pinned in $home/enrolled.json"
fi

# --- 3 an act: one JSON document; exactly these bytes are signed, sent and kept ---------------------------------
lead_id=$(uuid) act_id=$(uuid)
cat >lead.json <<DOCUMENT
{"act":"lead.register","lead_id":"$lead_id","sender":"$node","recipients":[],"issued_at":"$(now)",
 "classification":"none","signatory":{"name":"何某某","title":"负责人"},"handler":{"name":"许某某","phone":"0990-5550101"},
 "prev":null,"nonce":"$(openssl rand 16 | b64url)",
 "content":{"source":{"type":"public_report","channel":"visit","received_at":"$(now)"},"place_code":"990121101",
  "sectors":["客运"],"allegation":"虚构：群众反映甲镇客运站外有人强行拉客，阻拦其他车辆。",
  "persons":[{"token":"p1","name":"张某某","role":"reported"}],
  "events":[{"token":"e1","summary":"多次阻拦其他车辆"}],"concerns_nodes":[]}}
DOCUMENT
jws=$(sign_detached act.pem lead-act+jws "$act_id" lead.json)
printf %s "$jws" >lead.jws
status=$(post_signed /v1/leads lead.json "$jws" receipt.json)
[ "$status" = 201 ] || die "the act was not taken: $status $(cat receipt.json)"

# --- 4 the receipt: signed by the exchange, and of exactly this act ---------------------------------------------
header_of '[Xx]-[Jj][Ww][Ss]-[Ss]ignature' receipt.json.headers >receipt.jws
verify_of_exchange receipt.json "$(cat receipt.jws)" lead-receipt+jws "$act_id"
act_jws_sha256=$(printf %s "$jws" | sha256)
[ "$(text_of act_jws_sha256 receipt.json)" = "$act_jws_sha256" ] || die 'the receipt names another signature'
[ "$(text_of body_sha256 receipt.json)" = "$(sha256 <lead.json)" ] || die 'the receipt names another body'
echo "receipt  $(cat receipt.json)"
echo "receipt verified: lead $(text_of lead_no receipt.json) is $(text_of lead_state receipt.json)"

# --- 5 again: after a lost answer, send the same bytes; the first receipt comes back, to the byte ---------------
status=$(post_signed /v1/leads lead.json "$jws" again.json)
[ "$status" = 200 ] || die "the repeat was not recognised: $status $(cat again.json)"
[ "$(header_of '[Ii]dempotent-[Rr]eplayed' again.json.headers)" = true ] || die 'the repeat is not marked as one'
cmp -s receipt.json again.json || die 'the repeat got another receipt'
rm again.json again.json.headers receipt.json.headers
echo 'sent again: the same receipt, byte for byte'

# --- 6 reading needs a token: an assertion (RFC 7523) signed by the auth key, used once -------------------------
protected=$(printf '{"alg":"Ed25519","typ":"client-authentication+jwt","kid":"%s"}' \
    "$(thumbprint_of_x "$(public_x auth.pem)")" | b64url)
claims=$(printf '{"iss":"%s","sub":"%s","aud":"%s","jti":"%s","exp":%s}' \
    "$node" "$node" "$exchange" "$(uuid)" $(($(date +%s) + 50)) | b64url)
printf '%s.%s' "$protected" "$claims" >to-be-signed
openssl pkeyutl -sign -inkey auth.pem -rawin -in to-be-signed -out signature
printf %s "$(cat to-be-signed).$(b64url <signature)" >assertion
rm to-be-signed signature
status=$(call POST /v1/oauth/token token.json --data grant_type=client_credentials \
    --data-urlencode client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer \
    --data-urlencode client_assertion@assertion)
[ "$status" = 200 ] || die "no token: $status $(cat token.json)"
# In a file, not an argument: other users of this machine can read a program's arguments.
printf 'Authorization: Bearer %s\n' "$(text_of access_token token.json)" >bearer
rm assertion token.json token.json.headers

for path in "/v1/leads/$lead_id" '/v1/inbox?after=0'; do
    status=$(call GET "$path" read.json --header @bearer)
    [ "$status" = 200 ] || die "$path: $status $(cat read.json)"
    echo "GET $path  $(cat read.json)"
done
rm bearer read.json read.json.headers

# --- 7 the next act, not yet signed: `prev` names the act it follows --------------------------------------------
cat >screening.json <<DOCUMENT
{"act":"lead.screen","lead_id":"$lead_id","sender":"$node","recipients":[],"issued_at":"$(now)",
 "classification":"none","signatory":{"name":"何某某","title":"负责人"},"handler":{"name":"许某某","phone":"0990-5550101"},
 "prev":"$act_jws_sha256","nonce":"$(openssl rand 16 | b64url)",
 "content":{"category":"disorder","opinion":"有时间、地点和事件，疑似行业乱象。","basis":"依职责"}}
DOCUMENT
echo "next act to sign: $home/screening.json, for POST /v1/leads/$lead_id/screenings"
