#!/bin/sh
# Verifies the bundle that it lies in, offline: `sh verify.sh [POLICY]`. Needs openssl 3.0 or later and POSIX tools.
# Status 0: verified; 3: consistent, keys NOT pinned; 1: something is wrong. README says what POLICY is.
#
# There are eight steps: 1 keys, 2 manifest, 3 policy, 4 checkpoint, 5 key events, 6 acts, 7 nothing else, 8 pins.
# Every check ends in `|| die`: `set -e` does not see a test that fails inside a list.
# A function takes its values as arguments and answers in R. One that answers more names it at its head, in capitals,
# and nobody else sets those. Names in small letters are each function's own; a caller's are never a callee's too.
# All functions may read what is set once and then readonly: tab, tmp, EXCHANGE (step 2), ORIGIN, WIDTH, ROOT (step 4).
# What a step learns and later steps need is a file in $tmp:
#   1  alg/KID        the algorithm of a key in keys
#   2  present        the names of all files; `withheld`: the digests of acts that the manifest says are not here
#   3  vkey/TYPE-ID   a key of a log (01) or a witness (04) as SubjectPublicKeyInfo; `logs`, `witnesses`, `groups`,
#                     `pins` from the policy, one a line; `followed`: by which events keys of the exchange followed others
#   4  note           the checkpoint with its signatures
#   5  nodes/ID/KID   a key of a node: purpose, number of its event, place in the log; beside it KID.until, KID.signed (the
#                     places of its end and of the requests that it signed) and KID.compromised; `chained`: as in `pins`
#   6  signers        who signed (the manifest too), as in `pins`; `disputed`; `ids`, `tokens`, `prevs` of the acts; `named` attachments
set -eu
LC_ALL=C
export LC_ALL
unset CDPATH
tab=$(printf '\t')
die() { echo "NOT VERIFIED: $*" >&2; exit 1; }

given=$#
[ $given -le 1 ] || die 'usage: sh verify.sh [POLICY]'
case $(openssl version) in 'OpenSSL '[3-9].* | 'OpenSSL '[1-9][0-9].*) ;; *) die 'openssl 3.0 or later is needed' ;; esac
umask 077
tmp=${TMPDIR:-/tmp}/leadbridge-verify.$$
readonly tab tmp
mkdir "$tmp" || die "cannot make $tmp"
status=1
# Whatever ends the run before its last line is a failure, whatever status it left.
trap 'rm -rf "$tmp"; exit $status' EXIT
trap 'exit 1' HUP INT TERM
mkdir "$tmp/alg" "$tmp/vkey" "$tmp/nodes"
for file in logs witnesses groups pins followed chained signers disputed ids tokens prevs named; do : >"$tmp/$file"; done
if [ $given -eq 1 ]; then cat "$1" >"$tmp/policy" || die "cannot read $1"; fi
cd "$(dirname "$0")" || die 'cannot enter the bundle'
[ $given -eq 1 ] || cat policy.txt >"$tmp/policy" || die 'policy.txt is missing'

sha() { R=$(openssl dgst -sha256 -r "$1") || die "cannot hash $1"; R=${R%% *}; [ ${#R} -eq 64 ] || die "cannot hash $1"; }
hex() { R=$(od -An -v -tx1 "$1" | tr -d ' \n'); }
size() { R=$(($(wc -c <"$1"))); }
unb64() { # TEXT FILE: only the one spelling that base64 itself would write
    printf %s "$1" | openssl base64 -d -A >"$2" 2>/dev/null || die 'malformed base64'
    [ "$(openssl base64 -A -in "$2")" = "$1" ] || die 'malformed base64'
}
unb64url() {
    case $1 in '' | *[!A-Za-z0-9_-]*) die 'malformed base64url' ;; esac
    R=$(printf %s "$1" | tr '_-' '/+')
    case $((${#R} % 4)) in 2) R=$R== ;; 3) R=$R= ;; esac
    unb64 "$R" "$2"
}
b64url() { R=$(openssl base64 -A -in "$1" | tr '/+' '_-' | tr -d =); }
thumb() { openssl dgst -sha256 -binary "$1" >"$tmp/thumb" || die 'cannot hash a key'; b64url "$tmp/thumb"; }

# json FILE OUT: one line a leaf, names and positions and the raw value parted by tabs, which no JSON string holds.
json() {
    awk '
    function fail() { bad = 1; exit 1 }
    function at() { return substr(text, i, 1) }
    function blank() { while (i <= n && index(" \t\r\n", at())) i++ }
    function quoted(  from) {
        if (at() != "\"") fail()
        from = ++i
        while (i <= n) {
            if (at() == "\\") { i += 2; continue }
            if (at() == "\"") { i++; return substr(text, from, i - 1 - from) }
            if (index("\t\r\n", at())) fail()
            i++
        }
        fail()
    }
    function leaf(path, value) { if (path in seen) fail(); seen[path] = 1; print path value }
    function value(path,  k, from) {
        blank()
        if (at() == "{") {
            i++; blank()
            if (at() == "}") { i++; leaf(path, "{}"); return }
            while (1) {
                blank(); k = quoted(); blank()
                # An escaped name could be one that is looked for here, and would be missed.
                if (k ~ /\\/ || at() != ":") fail()
                i++; value(path k "\t"); blank()
                if (at() == "}") { i++; return }
                if (at() != ",") fail()
                i++
            }
        }
        if (at() == "[") {
            i++; blank(); k = 0
            if (at() == "]") { i++; leaf(path, "[]"); return }
            while (1) {
                value(path k++ "\t"); blank()
                if (at() == "]") { i++; return }
                if (at() != ",") fail()
                i++
            }
        }
        if (at() == "\"") { leaf(path, "\"" quoted() "\""); return }
        from = i
        while (i <= n && at() ~ /[-+.0-9A-Za-z]/) i++
        if (i == from) fail()
        leaf(path, substr(text, from, i - from))
    }
    { text = text $0 "\n" }
    END { if (bad) exit 1; n = length(text); i = 1; value(""); blank(); if (i <= n) exit 1 }
    ' "$1" >"$2" || die "$1 is not the JSON that it should be"
}
# text FILE NAME: a member of plain characters; missing, escaped or of another type it is refused.
text() { R=$(sed -n "s|^$2$tab\"\([A-Za-z0-9._:/+-]*\)\"\$|\1|p" "$1"); [ -n "$R" ] || die "$2 is missing or malformed"; }
number() { R=$(sed -n "s|^$2$tab\([0-9]*\)\$|\1|p" "$1"); [ -n "$R" ] || die "$2 is missing or malformed"; }
same() { [ "$1" = "$2" ] || die "$3 differs: $1, not $2"; }
has() { grep -qxF -e "$2" "$1"; } # FILE LINE
keep() { printf '%s\n' "$2" >>"$1"; } # FILE LINE

jws() { # TOKEN BODY TYP ISS AUD; an empty expectation is left to the caller. KID JTI TYP ISS AUD; R: SHA-256 of TOKEN
    token=$(cat "$1") || die "$1 is missing"
    size "$1"; [ "$R" -eq ${#token} ] || die "$1 is malformed"
    head=${token%%..*}; signature=${token#*..}
    [ "$head..$signature" = "$token" ] && [ ${#signature} -eq 86 ] || die "$1 is malformed"
    unb64url "$head" "$tmp/header"; unb64url "$signature" "$tmp/sig"
    json "$tmp/header" "$tmp/h"
    [ $(($(wc -l <"$tmp/h"))) -eq 9 ] && has "$tmp/h" "b64${tab}false" && has "$tmp/h" "crit${tab}0${tab}\"b64\"" \
        || die "$1 has a wrong header"
    number "$tmp/h" iat
    text "$tmp/h" typ; TYP=$R; text "$tmp/h" iss; ISS=$R; text "$tmp/h" aud; AUD=$R; text "$tmp/h" jti; JTI=$R
    text "$tmp/h" kid; KID=$R; text "$tmp/h" alg; alg=$R
    [ "$alg" != EdDSA ] || alg=Ed25519
    case $KID in */* | *.*) die "$1 has a malformed kid" ;; esac
    [ -f "$tmp/alg/$KID" ] || die "$1: key $KID is missing"
    same "$alg" "$(cat "$tmp/alg/$KID")" "$1: alg"
    same "$TYP" "${3:-$TYP}" "$1: typ"; same "$ISS" "${4:-$ISS}" "$1: iss"; same "$AUD" "${5:-$AUD}" "$1: aud"
    { printf '%s.' "$head"; cat "$2"; } >"$tmp/signed" || die "$2 is missing"
    signed "keys/$KID.pem" PEM "$alg" "$tmp/signed" "$tmp/sig" || die "$1: the signature is wrong"
    sha "$1"
}
signed() { # KEY FORM ALG MESSAGE SIGNATURE: whether the key signed the message
    if [ "$3" != Ed25519 ]; then
        hex "$5"
        second=$(tail -c 32 "$5" | od -An -v -tx1 | tr -d ' \n')
        printf 'asn1=SEQUENCE:s\n[s]\nr=INTEGER:0x%.64s\ns=INTEGER:0x%s\n' "$R" "$second" >"$tmp/conf"
        openssl asn1parse -genconf "$tmp/conf" -noout -out "$tmp/der" >/dev/null 2>&1 || return 1
    fi
    case $3 in
    Ed25519) openssl pkeyutl -verify -pubin -keyform "$2" -inkey "$1" -rawin -in "$4" -sigfile "$5" ;;
    ES256) openssl dgst -sha256 -verify "$1" -signature "$tmp/der" "$4" ;;
    SM2-SM3) openssl pkeyutl -verify -pubin -inkey "$1" -rawin -digest sm3 -pkeyopt distid:1234567812345678 \
        -in "$4" -sigfile "$tmp/der" ;;
    *) return 1 ;;
    esac >/dev/null 2>&1
}

# 1. keys: each file holds the key that its name, an RFC 7638 thumbprint, says
key() { # FILE
    openssl pkey -pubin -in "$1" -outform DER -out "$tmp/spki" 2>/dev/null || die "$1 is no public key"
    tail -c 32 "$tmp/spki" >"$tmp/last"; b64url "$tmp/last"; last=$R
    dd if="$tmp/spki" bs=1 skip=27 count=32 of="$tmp/first" 2>/dev/null; b64url "$tmp/first"; first=$R
    hex "$tmp/spki"
    case ${#R}:$R in
    88:302a300506032b6570032100*) kind=Ed25519; jwk="{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\"$last\"}" ;;
    182:3059301306072a8648ce3d020106082a8648ce3d03010703420004*)
        kind=ES256; jwk="{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"$first\",\"y\":\"$last\"}" ;;
    182:3059301306072a8648ce3d020106082a811ccf5501822d03420004*)
        kind=SM2-SM3; jwk="{\"crv\":\"SM2\",\"kty\":\"EC\",\"x\":\"$first\",\"y\":\"$last\"}" ;;
    *) die "$1 is of an unknown kind" ;;
    esac
    printf %s "$jwk" >"$tmp/jwk"; thumb "$tmp/jwk"
    same "keys/$R.pem" "$1" 'the thumbprint of a key'
    echo "$kind" >"$tmp/alg/$R"
}
for file in keys/*.pem; do key "$file"; done

# 2. manifest: signed, and every file there is the one it names
jws manifest.jws manifest.txt lead-manifest+jws '' ''
EXCHANGE=$ISS
readonly EXCHANGE
case $EXCHANGE in *[!a-z0-9-]*) die 'malformed exchange id' ;; esac
keep "$tmp/signers" "exchange $EXCHANGE $KID"
[ "$(grep -cvE '^([0-9a-f]{64}  [A-Za-z0-9_][A-Za-z0-9._/-]*|withheld [0-9a-f]{64})$' manifest.txt)" = 0 ] || die 'manifest.txt is malformed'
[ -z "$(find . ! -type f ! -type d)" ] || die 'something is neither a file nor a folder'
# Names first: with a line feed in it one name would pass for two, and could hide behind those left out below.
[ -z "$(find . -name '*[!A-Za-z0-9._-]*')" ] || die 'a file has an impossible name'
# A name that begins with a dash would be an option of openssl, and `-engine` runs code that the bundle brings.
[ -z "$(find . -path './-*')" ] || die 'a file is named like an option'
find . -type f | sed 's|^\./||' | grep -vxF -e manifest.txt -e manifest.jws | sort >"$tmp/present"
sed -n 's/^[0-9a-f]*  //p' manifest.txt >"$tmp/listed"
sed -n 's/^withheld //p' manifest.txt >"$tmp/withheld"
cmp -s "$tmp/present" "$tmp/listed" || die "files are missing or added: $(sort "$tmp/present" "$tmp/listed" | uniq -u)"
grep -v '^withheld ' manifest.txt >"$tmp/digests" || die 'the manifest names nothing'
sed 's|^|./|' "$tmp/listed" | xargs openssl dgst -sha256 -r | sed 's| \*\./|  |' >"$tmp/found" || die 'cannot hash the files'
cmp -s "$tmp/found" "$tmp/digests" || die "$(sort "$tmp/found" "$tmp/digests" | uniq -u | sed -n '1s/.*  //p') is not the file that the manifest names"

# 3. policy: C2SP tlog-policy lines, and the pins
vkey() { # VKEY TYPE: keeps the key. VNAME VID, its name and id
    after=${1#*+}; VNAME=${1%%+*}; VID=${after%%+*}
    unb64 "${after#*+}" "$tmp/key"; hex "$tmp/key"
    case ${#R}:$R in 66:"$2"*) ;; *) die 'policy: a key is of a wrong type' ;; esac
    ! has "$tmp/vkeys" "$R" || die 'policy: a key is there twice'
    keep "$tmp/vkeys" "$R"
    { printf '%s\n' "$VNAME"; cat "$tmp/key"; } >"$tmp/named_key"; sha "$tmp/named_key"
    case ${#VID}:$R in 8:"$VID"*) ;; *) die "policy: the id of the key $VNAME is not its own" ;; esac
    spki "$tmp/key" "$tmp/vkey/$2-$VID"
}
spki() { { printf '\060\052\060\005\006\003\053\145\160\003\041\000'; tail -c 32 "$1"; } >"$2"; } # Ed25519 KEY FILE
define() { ! has "$tmp/names" "$1" || die "policy: the name $1 is taken"; keep "$tmp/names" "$1"; keep "$tmp/uncounted" "$1"; }
group() { # NAME LEAST MEMBER...: a group counts only what stands above it, and nothing counts twice
    name=$1; least=$2; shift 2
    for member in "$@"; do
        has "$tmp/uncounted" "$member" || die "policy: $member is unknown, or counts twice"
        grep -vxF -e "$member" "$tmp/uncounted" >"$tmp/still" || :
        mv "$tmp/still" "$tmp/uncounted"
    done
    case $least in all) least=$# ;; any) least=1 ;; esac
    case ${#least}:$least in *:*[!0-9]* | *:0* | [!1-4]:* | ??*:?????*) die "policy: group $name asks for $least" ;; esac
    [ "$least" -le $# ] || die "policy: group $name asks for $least"
    define "$name"
    keep "$tmp/groups" "$name $least $*"
}
echo none >"$tmp/names"; : >"$tmp/uncounted"; : >"$tmp/vkeys"; quorum=
while read -r word label value others; do
    case $word in
    '' | '#'*) ;;
    log) vkey "$label" 01; keep "$tmp/logs" "$VNAME $VID" ;;
    witness) vkey "$value" 04; define "$label"; keep "$tmp/witnesses" "$label $VNAME $VID" ;;
    group) set -f; group "$label" "$value" $others; set +f ;;
    quorum) [ -z "$quorum" ] && has "$tmp/names" "$label" || die 'policy: a wrong quorum line'; quorum=$label ;;
    exchange | node)
        [ ${#value} -eq 43 ] && [ -z "$others" ] || die 'policy: malformed pin'; keep "$tmp/pins" "$word $label $value" ;;
    *) die "policy: unknown line $word" ;;
    esac
done <"$tmp/policy"
[ -n "$quorum" ] || die 'policy: one quorum line is needed'

# The keys of the exchange that followed each other: both signed each event, so trust in one is trust in either.
offered() { # BODY OUT: the thumbprints and purposes of the keys that a request brings
    : >"$2"; i=0
    while grep -q "^keys$tab$i$tab" "$1"; do
        at=keys$tab$i$tab
        text "$1" "${at}jwk${tab}kty"; kty=$R; text "$1" "${at}jwk${tab}crv"; crv=$R; text "$1" "${at}jwk${tab}x"; x=$R; y=
        if [ "$kty" = EC ]; then text "$1" "${at}jwk${tab}y"; y=",\"y\":\"$R\""; fi
        printf '{"crv":"%s","kty":"%s","x":"%s"%s}' "$crv" "$kty" "$x" "$y" >"$tmp/jwk"
        thumb "$tmp/jwk"; print=$R; text "$1" "${at}purpose"; keep "$2" "$print $R"; i=$((i + 1))
    done
}
followed() { # FOLDER: R is the purpose, the former key, the key that follows it, and the SHA-256 of the request
    jws "$1/request.jws" "$1/request.body" lead-key+jws "$EXCHANGE" "$EXCHANGE"
    former=$KID; request=$JTI; request_sha=$R
    json "$1/request.body" "$tmp/body"; offered "$tmp/body" "$tmp/offered"
    [ "$(grep -c . "$tmp/offered")" = 1 ] || die "$1: one key follows another"
    read -r latter purpose <"$tmp/offered"
    text "$tmp/body" "keys${tab}0${tab}proof"; printf %s "$R" >"$tmp/proof.jws"; printf %s "$former" >"$tmp/former"
    jws "$tmp/proof.jws" "$tmp/former" lead-key+jws "$EXCHANGE" "$EXCHANGE"
    same "$KID $JTI" "$latter $request" "$1: proof"
    [ "$latter" != "$former" ] || die "$1: a key follows itself"
    [ "$purpose" != log ] || same "$(cat "$tmp/alg/$latter" "$tmp/alg/$former" | sort -u)" Ed25519 "$1: a key of the log"
    R="$purpose $former $latter $request_sha"
}
trust() { # PURPOSE KID OTHER: the other key is trusted as the one is
    if [ "$1" = signing ] && pinned "exchange $EXCHANGE $2"; then
        pinned "exchange $EXCHANGE $3" || keep "$tmp/pins" "exchange $EXCHANGE $3"
    elif [ "$1" = log ] && has "$tmp/logkids" "$2" && ! has "$tmp/logkids" "$3"; then
        openssl pkey -pubin -in "keys/$3.pem" -outform DER -out "$tmp/spki" 2>/dev/null || die "keys/$3.pem is no public key"
        { printf '%s/log\n\001' "$EXCHANGE"; tail -c 32 "$tmp/spki"; } >"$tmp/named_key"; sha "$tmp/named_key"
        vid=$(printf %.8s "$R"); spki "$tmp/spki" "$tmp/vkey/01-$vid"
        keep "$tmp/logs" "$EXCHANGE/log $vid"; keep "$tmp/logkids" "$3"
    fi
}
pinned() { grep -qxF -e "$1" "$tmp/pins" "$tmp/chained"; }
n=1
while folder=key-events/$EXCHANGE-$(printf %03d $n) && [ -d "$folder" ]; do
    followed "$folder"; echo "$folder $n $R" >>"$tmp/followed"; n=$((n + 1))
done
: >"$tmp/logkids"
while read -r log log_id; do
    [ "$log" = "$EXCHANGE/log" ] || continue
    tail -c 32 "$tmp/vkey/01-$log_id" >"$tmp/last"; b64url "$tmp/last"
    printf '{"crv":"Ed25519","kty":"OKP","x":"%s"}' "$R" >"$tmp/jwk"; thumb "$tmp/jwk"; keep "$tmp/logkids" "$R"
done <"$tmp/logs"
followers=$((n - 1)); pass=1
while [ $pass -le $followers ]; do # each pass reaches one key further at least
    while read -r _ _ use from to _; do trust "$use" "$from" "$to"; trust "$use" "$to" "$from"; done <"$tmp/followed"
    pass=$((pass + 1))
done

# 4. checkpoint: one for the whole bundle, signed by a log of the policy and cosigned as it asks
checkpoint() { # PROOF QUORUM: ORIGIN WIDTH ROOT, the log's name, the size of its tree and its hash; none without a proof
    ORIGIN=; WIDTH=0; ROOT=
    [ -f "$1" ] || return 0
    sed '1,/^$/d' "$1" >"$tmp/note"
    [ "$(grep -c '^$' "$tmp/note")" = 1 ] || die 'the checkpoint is malformed'
    sed '/^$/,$d' "$tmp/note" >"$tmp/text"; sed '1,/^$/d' "$tmp/note" >"$tmp/lines"
    ORIGIN=$(sed -n 1p "$tmp/text"); WIDTH=$(sed -n 2p "$tmp/text"); ROOT=$(sed -n 3p "$tmp/text")
    case $WIDTH in '' | *[!0-9]* | 0*) die 'the checkpoint is malformed' ;; esac
    by_log=; echo none >"$tmp/there"
    while IFS= read -r line; do
        case $line in '— '*' '*) ;; *) die 'a signature line is malformed' ;; esac
        line=${line#* }; signer=${line%% *}
        unb64 "${line#* }" "$tmp/raw"; hex "$tmp/raw"; id=$(printf %.8s "$R"); time=${R#????????}
        if [ "$signer" = "$ORIGIN" ] && has "$tmp/logs" "$signer $id"; then
            tail -c +5 "$tmp/raw" >"$tmp/sig"
            signed "$tmp/vkey/01-$id" DER Ed25519 "$tmp/text" "$tmp/sig" || die 'the log did not sign the checkpoint'
            by_log=1
        fi
        while read -r witness key_name key_id; do
            [ "$key_name $key_id" = "$signer $id" ] || continue
            tail -c +13 "$tmp/raw" >"$tmp/sig"; time=$(printf %.16s "$time")
            case $time in [0-7]*) ;; *) die 'the time of a cosignature is out of range' ;; esac
            { printf 'cosignature/v1\ntime %d\n' "$((0x$time))"; cat "$tmp/text"; } >"$tmp/cosigned"
            signed "$tmp/vkey/04-$id" DER Ed25519 "$tmp/cosigned" "$tmp/sig" || die "the cosignature of $signer is wrong"
            keep "$tmp/there" "$witness"
        done <"$tmp/witnesses"
    done <"$tmp/lines"
    [ -n "$by_log" ] || die 'the checkpoint is not signed by a log of the policy'
    while read -r name least members; do
        [ "$(printf '%s\n' "$members" | tr ' ' '\n' | grep -cxF -f "$tmp/there")" -lt "$least" ] || keep "$tmp/there" "$name"
    done <"$tmp/groups"
    has "$tmp/there" "$2" || die 'fewer witnesses cosigned than the policy asks for'
}
for file in acts/*/entry.tlog-proof key-events/*/entry.tlog-proof; do [ ! -f "$file" ] || break; done
checkpoint "$file" "$quorum"
readonly ORIGIN WIDTH ROOT

branch() { { printf '\001'; cat "$1" "$2"; } | openssl dgst -sha256 -binary >"$tmp/up" && mv "$tmp/up" "$tmp/node"; }
proof() { # FOLDER: R is the place of its entry in the log (RFC 9162 section 2.1.3.2)
    sed '1,/^$/d' "$1/entry.tlog-proof" | cmp -s - "$tmp/note" || die "$1: its checkpoint is another"
    sed '/^$/,$d' "$1/entry.tlog-proof" >"$tmp/path"
    index=$(sed -n 's/^index //p' "$tmp/path")
    same "$(sed -n 1,2p "$tmp/path")" "c2sp.org/tlog-proof@v1
index $index" "$1: the proof"
    case $index in '' | *[!0-9]* | 0?*) die "$1: malformed index" ;; esac
    [ "$index" -lt "$WIDTH" ] || die "$1: no such place in the log"
    fn=$index; sn=$((WIDTH - 1))
    { printf '\000'; cat "$1/entry.bin"; } | openssl dgst -sha256 -binary >"$tmp/node" || die 'cannot hash'
    sed 1,2d "$tmp/path" >"$tmp/siblings"
    while IFS= read -r hash; do
        unb64 "$hash" "$tmp/sibling"; size "$tmp/sibling"
        [ "$R" -eq 32 ] && [ "$sn" -ne 0 ] || die "$1: the proof is malformed"
        if [ $((fn & 1)) -eq 1 ] || [ "$fn" -eq "$sn" ]; then
            branch "$tmp/sibling" "$tmp/node" || die 'cannot hash'
            while [ "$fn" -ne 0 ] && [ $((fn & 1)) -eq 0 ]; do fn=$((fn >> 1)); sn=$((sn >> 1)); done
        else
            branch "$tmp/node" "$tmp/sibling" || die 'cannot hash'
        fi
        fn=$((fn >> 1)); sn=$((sn >> 1))
    done <"$tmp/siblings"
    [ "$sn" -eq 0 ] && [ "$(openssl base64 -A -in "$tmp/node")" = "$ROOT" ] || die "$1: the proof does not lead to the signed root"
    R=$index
}

# 5. key events: the keys of each agency, in the order in which they were registered and revoked
key_event() { # NODE NUMBER FOLDER
    case $1 in *[!a-z0-9-]*) die "$3: an impossible name" ;; esac
    jws "$3/request.jws" "$3/request.body" '' "$1" "$EXCHANGE"; typ=$TYP; signer=$KID; request_sha=$R
    json "$3/request.body" "$tmp/body"; offered "$tmp/body" "$tmp/offered"
    may_ask "$3" "$1" "$typ" "$signer" "$tmp/body" "$tmp/offered"
    sed -n 2p "$3/entry.bin" >"$tmp/entry"; json "$tmp/entry" "$tmp/e"
    text "$tmp/e" kid; kid=$R; text "$tmp/e" purpose; purpose=$R; text "$tmp/e" event; event=$R
    case $kid in */* | *.*) die "$3: malformed kid" ;; esac
    key_entry "$3" "$1" "$2" "$kid" "$purpose" "$event" "$request_sha"
    proof "$3"; place=$R
    [ "$typ" = lead-enrolment+jws ] || in_order "$3" "$tmp/nodes/$1/$signer" "$place"
    case $event:$typ in
    register:*)
        has "$tmp/offered" "$kid $purpose" && [ ! -f "$tmp/nodes/$1/$kid" ] || die "$3: the request does not register this key"
        mkdir -p "$tmp/nodes/$1"; echo "$purpose $2 $place" >"$tmp/nodes/$1/$kid"
        if pinned "node $1 $kid" || pinned "node $1 $signer"; then keep "$tmp/chained" "node $1 $kid"; fi ;;
    revoke:lead-enrolment+jws) # a later enrolment ends every key that the node had, none that it brought
        ! grep -q "^$kid " "$tmp/offered" || die "$3: the enrolment does not replace this key"
        end_key "$3" "$tmp/nodes/$1/$kid" "$purpose" "$place" ;;
    revoke:*)
        text "$tmp/body" kid; same "$R" "$kid" "$3: kid"
        end_key "$3" "$tmp/nodes/$1/$kid" "$purpose" "$place"
        text "$tmp/body" reason; [ "$R" != compromised ] || : >"$tmp/nodes/$1/$kid.compromised" ;;
    *) die "$3: an unknown event" ;;
    esac
}
may_ask() { # FOLDER NODE TYP SIGNER BODY OFFERED
    case $3 in
    lead-enrolment+jws)
        text "$5" node_id; same "$R" "$2" "$1: node"
        has "$6" "$4 act" || die "$1: not signed by one of its own act keys" ;;
    lead-key+jws)
        [ -f "$tmp/nodes/$2/$4" ] && [ ! -f "$tmp/nodes/$2/$4.until" ] && grep -q '^act ' "$tmp/nodes/$2/$4" \
            || die "$1: not signed by an act key of the node that was valid" ;;
    *) die "$1: a request of a wrong type" ;;
    esac
}
key_entry() { # FOLDER NODE NUMBER KID PURPOSE EVENT REQUEST-SHA
    printf 'leadbridge/entry/v1\n{"t":"key","node":"%s","kid":"%s","purpose":"%s","event":"%s","key_event":%d,"request_jws_sha256":"%s"}\n' \
        "$2" "$4" "$5" "$6" "$3" "$7" | cmp -s - "$1/entry.bin" || die "$1: the log entry is not that of this event"
}
in_order() { # FOLDER KEY PLACE: by the order of the log, whatever the numbers say
    read -r _ _ since <"$2"
    [ "$since" -lt "$3" ] || die "$1: its key was not registered before it"
    echo "$3" >>"$2.signed"
}
end_key() { # FOLDER KEY PURPOSE PLACE
    [ -f "$2" ] && [ ! -f "$2.until" ] || die "$1: the key was not valid when it was revoked"
    read -r was _ since <"$2"
    [ "$was" = "$3" ] && [ "$since" -lt "$4" ] || die "$1: the request does not revoke this key"
    if [ -f "$2.signed" ]; then
        while read -r used_at; do [ "$used_at" -le "$4" ] || die "$1: the key signed a later key event"; done <"$2.signed"
    fi
    echo "$4" >"$2.until"
}
sed -n 's|^key-events/\([^/]*\)/.*|\1|p' "$tmp/present" | sort -u >"$tmp/folders"
[ "$(grep -cE "^$EXCHANGE-[0-9]{3,}\$" "$tmp/folders")" = $followers ] || die 'a key event of the exchange is missing'
grep -vE "^$EXCHANGE-[0-9]{3,}\$" "$tmp/folders" >"$tmp/events" || :
sed 's/-[0-9]*$//' "$tmp/events" | sort -u >"$tmp/node_ids"
taken=0
while read -r node; do
    n=1
    while folder=key-events/$node-$(printf %03d $n) && [ -d "$folder" ]; do
        key_event "$node" $n "$folder"; n=$((n + 1)); taken=$((taken + 1))
    done
done <"$tmp/node_ids"
[ $taken -eq $(($(wc -l <"$tmp/events"))) ] || die 'a key event is missing'
newest=-1
while read -r folder n use _ to sha; do
    key_entry "$folder" "$EXCHANGE" "$n" "$to" "$use" register "$sha"
    proof "$folder"; [ "$R" -gt "$newest" ] || die "$folder: the events are not in the order of the log"
    newest=$R
done <"$tmp/followed"

# 6. acts, in the order of the log
act() { # FOLDER NAME LEAD NEWEST: LEAD_ID, and R is its place; LEAD and NEWEST are those of the act before it
    case $2 in *[!a-z._]* | '') die "$1: an impossible name" ;; notice.*) files=4 ;; *) files=6 ;; esac
    [ "$(grep -c "^$1/" "$tmp/present")" = $files ] || die "$1 has not the files of an act"
    jws "$1/act.jws" "$1/act.body" '' '' ''; sender=$ISS; act_kid=$KID; act_sha=$R; act_id=$JTI; speaks="$TYP $ISS $AUD"
    ! has "$tmp/ids" "$act_id" || die "$1: an act of this id is there already"
    keep "$tmp/ids" "$act_id"
    json "$1/act.body" "$tmp/body"
    document "$1" "$tmp/body" "$2" "$sender" "$3"; lead_id=$R
    sha "$1/act.body"; body_sha=$R
    sm3=$(openssl dgst -sm3 -r "$1/act.body") || die 'this openssl lacks SM3'
    entry="\"act_jws_sha256\":\"$act_sha\",\"body_sha256\":\"$body_sha\",\"body_sm3\":\"${sm3%% *}\""
    if [ $files -eq 4 ]; then
        notice "$1" "$tmp/body" "$speaks"
        keep "$tmp/signers" "exchange $EXCHANGE $act_kid"
        printf 'leadbridge/entry/v1\n{"t":"notice",%s}\n' "$entry" >"$tmp/meant"
    else
        same "$speaks" "lead-act+jws $sender $EXCHANGE" "$1: type, sender and audience"
        known_key "$1" "$sender" "$act_kid"; known=$R
        receipt "$1" "$sender" "$act_id" "$known" "act=$2" "act_jws_sha256=$act_sha" "body_sha256=$body_sha" "lead_id=$lead_id"
        printf 'leadbridge/entry/v1\n{"t":"act",%s,%s}\n' "$entry" "$R" >"$tmp/meant"
    fi
    cmp -s "$tmp/meant" "$1/entry.bin" || die "$1: the log entry is not that of this act"
    proof "$1"; place=$R
    [ "$place" -gt "$4" ] || die "$1: the acts are not in the order of the log"
    if [ $files -eq 6 ]; then
        valid "$1" "$known" "$place"
        keep "$tmp/signers" "node $sender $act_kid"
        [ ! -f "$known.compromised" ] || keep "$tmp/disputed" "key $act_kid of $sender was reported compromised"
    fi
    chain "$1" "$2" "$tmp/body" "$act_sha"
    enclosures "$1" "$tmp/body"
    LEAD_ID=$lead_id; R=$place
}
document() { # FOLDER BODY NAME SENDER LEAD: R is the lead that it is about
    text "$2" act; same "$R" "$3" "$1: act"; text "$2" sender; same "$R" "$4" "$1: sender"
    text "$2" lead_id; same "$R" "${5:-$R}" "$1: lead"
}
notice() { # FOLDER BODY TYP-ISS-AUD
    text "$2" "recipients${tab}0"; same "$3" "lead-notice+jws $EXCHANGE $R" "$1: who speaks to whom"
    ! grep -q "^recipients${tab}1$tab" "$2" || die "$1: a notice has one recipient"
}
known_key() { # FOLDER NODE KID: R is the file of a node's key
    case $2 in *[!a-z0-9-]*) die "$1: malformed sender" ;; esac
    R=$tmp/nodes/$2/$3
    [ -f "$R" ] || die "$1: key $3 is not known as one of $2"
}
receipt() { # FOLDER SENDER ACT-ID KEY NAME=VALUE...: R is the members of its digests in the log entry
    in_folder=$1; jws "$1/receipt.jws" "$1/receipt.json" lead-receipt+jws "$EXCHANGE" "$2"; receipt_jws_sha=$R
    same "$JTI" "$3" "$1: act id"
    keep "$tmp/signers" "exchange $EXCHANGE $KID"
    sha "$1/receipt.json"; receipt_sha=$R
    json "$1/receipt.json" "$tmp/r"
    size "$1/act.body"; length=$R; number "$tmp/r" body_length; same "$R" "$length" "$1: length"
    read -r _ registered_by _ <"$4"; number "$tmp/r" key_event; same "$R" "$registered_by" "$1: key event"
    for member in receipt=1 "exchange=$EXCHANGE" "log_origin=$ORIGIN" "act_id=$3" "$5" "$6" "$7" "$8"; do
        text "$tmp/r" "${member%%=*}"; same "$R" "${member#*=}" "$in_folder: receipt"
    done
    R="\"receipt_sha256\":\"$receipt_sha\",\"receipt_jws_sha256\":\"$receipt_jws_sha\""
}
valid() { # FOLDER KEY PLACE: by the order of the log, not by any clock
    read -r purpose _ since <"$2"
    [ "$purpose" = act ] && [ "$since" -lt "$3" ] || die "$1: its key was not registered before it"
    [ ! -f "$2.until" ] || [ "$(cat "$2.until")" -gt "$3" ] || die "$1: its key was revoked before it"
}
chain() { # FOLDER NAME BODY ACT-SHA
    if has "$3" "prev${tab}null"; then
        case $2 in lead.register | notice.*) ;; *) die "$1 refers to no act before it" ;; esac
    else
        text "$3" prev
        case ${#R}:$R in 64:*[!0-9a-f]*) die "$1: malformed prev" ;; 64:*) ;; *) die "$1: malformed prev" ;; esac
        has "$tmp/tokens" "$R" || keep "$tmp/prevs" "$R"
    fi
    keep "$tmp/tokens" "$4"
}
enclosures() { # FOLDER BODY
    i=0
    while grep -q "^attachments$tab$i$tab" "$2"; do
        text "$2" "attachments$tab$i${tab}sha256"; digest=$R; number "$2" "attachments$tab$i${tab}size"; length=$R
        has "$tmp/present" "attachments/$digest" || die "$1: attachment $digest is missing"
        size "attachments/$digest"; same "$R" "$length" "$1: size of an attachment"
        sha "attachments/$digest"; same "$R" "$digest" "$1: attachment"
        keep "$tmp/named" "attachments/$digest"; i=$((i + 1))
    done
}
lead=; newest=-1; n=1
while set -- "acts/$(printf %03d $n)-"* && [ -d "$1" ]; do
    [ $# -eq 1 ] || die "act $n is there twice"
    act "$1" "${1#acts/*-}" "$lead" "$newest"; newest=$R; lead=$LEAD_ID; n=$((n + 1))
done
[ $((n - 1)) -eq "$(sed -n 's|^acts/\([^/]*\)/.*|\1|p' "$tmp/present" | sort -u | grep -c .)" ] || die 'an act is missing'
[ $n -gt 1 ] || die 'there is no act in it: it proves nothing'
sort -u "$tmp/prevs" | cmp -s - "$tmp/withheld" || die 'manifest.txt does not list what is withheld'
[ ! -s "$tmp/withheld" ] || ! grep -qxF -f "$tmp/withheld" "$tmp/tokens" || die 'an act refers to a later one'

# 7. nothing else: what was looked at by none of these would seem to be proven with the rest
while read -r file; do
    case $file in
    */*/*/*) die "$file belongs to nothing here" ;;
    README | policy.txt | verify.sh | keys/*.pem) ;;
    acts/*/act.body | acts/*/act.jws | acts/*/receipt.json | acts/*/receipt.jws | */*/entry.bin | */*/entry.tlog-proof) ;;
    key-events/*/request.body | key-events/*/request.jws) ;;
    *) has "$tmp/named" "$file" || die "$file belongs to nothing here" ;;
    esac
done <"$tmp/present"

# 8. pins: who vouches for the keys
echo "$((n - 1)) acts of exchange $EXCHANGE"
sed 's/^/withheld /' "$tmp/withheld"
sort -u "$tmp/disputed" | sed 's/^/disputed: /'
sort -u "$tmp/signers" >"$tmp/used"
missing=
[ "$given" -eq 1 ] || : >"$tmp/used" # the bundle cannot vouch for itself, nor contradict itself
while read -r role who with; do
    if ! grep -q "^$role $who " "$tmp/pins"; then
        missing="$missing, $role $who"
    elif ! pinned "$role $who $with"; then
        die "$role $who signed with $with, which does not go back to a key that is pinned"
    fi
done <"$tmp/used"
status=3
if [ "$given" -eq 0 ]; then
    grep -v '^#' policy.txt | sed 's/^/found: /'
elif [ -n "$missing" ]; then
    echo "the policy has no line for: ${missing#, }"
else
    status=0
    echo verified
    exit
fi
echo 'consistent, keys NOT pinned'
