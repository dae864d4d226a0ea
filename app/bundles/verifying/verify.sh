#!/bin/sh
# Verifies the bundle that it lies in, offline: `sh verify.sh [POLICY]`. Needs openssl 3.0 or later and POSIX tools.
# Status 0: verified; 3: consistent, keys NOT pinned; 1: something is wrong. README says what POLICY is.
# Every check ends in `|| die`: `set -e` does not see a test that fails inside a list. Functions answer in R.
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
mkdir "$tmp" || die "cannot make $tmp"
done=1
# Whatever ends the run before its last line is a failure, whatever status it left.
trap 'rm -rf "$tmp"; exit $done' EXIT
trap 'exit 1' HUP INT TERM
mkdir "$tmp/alg" "$tmp/vkey" "$tmp/state"
: >"$tmp/chained"; : >"$tmp/tokens"; : >"$tmp/prevs"; : >"$tmp/named"; : >"$tmp/signers"; : >"$tmp/disputed"; : >"$tmp/ids"
if [ $# -eq 1 ]; then cat "$1" >"$tmp/policy" || die "cannot read $1"; fi
cd "$(dirname "$0")" || die 'cannot enter the bundle'
[ $# -eq 1 ] || cat policy.txt >"$tmp/policy" || die 'policy.txt is missing'

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

jws() { # TOKEN-FILE BODY TYP ISS AUD; sets kid jti typ iss aud. An empty expectation is left to the caller
    token=$(cat "$1") || die "$1 is missing"
    size "$1"; [ "$R" -eq ${#token} ] || die "$1 is malformed"
    head=${token%%..*}; sig=${token#*..}
    [ "$head..$sig" = "$token" ] && [ ${#sig} -eq 86 ] || die "$1 is malformed"
    unb64url "$head" "$tmp/header"; unb64url "$sig" "$tmp/sig"
    json "$tmp/header" "$tmp/h"
    [ $(($(wc -l <"$tmp/h"))) -eq 9 ] && grep -qx "b64${tab}false" "$tmp/h" && grep -qx "crit${tab}0${tab}\"b64\"" "$tmp/h" \
        || die "$1 has a wrong header"
    number "$tmp/h" iat
    text "$tmp/h" typ; typ=$R; text "$tmp/h" iss; iss=$R; text "$tmp/h" aud; aud=$R; text "$tmp/h" jti; jti=$R
    text "$tmp/h" kid; kid=$R; text "$tmp/h" alg; alg=$R
    [ "$alg" != EdDSA ] || alg=Ed25519
    case $kid in */* | *.*) die "$1 has a malformed kid" ;; esac
    [ -f "$tmp/alg/$kid" ] || die "$1: key $kid is missing"
    same "$alg" "$(cat "$tmp/alg/$kid")" "$1: alg"
    same "$typ" "${3:-$typ}" "$1: typ"; same "$iss" "${4:-$iss}" "$1: iss"; same "$aud" "${5:-$aud}" "$1: aud"
    { printf '%s.' "$head"; cat "$2"; } >"$tmp/signed" || die "$2 is missing"
    signed "keys/$kid.pem" PEM "$alg" "$tmp/signed" || die "$1: the signature is wrong"
    sha "$1"; token_sha=$R
}
signed() { # KEY FORM ALG MESSAGE: whether $tmp/sig signs it
    if [ "$3" != Ed25519 ]; then
        hex "$tmp/sig"
        second=$(tail -c 32 "$tmp/sig" | od -An -v -tx1 | tr -d ' \n')
        printf 'asn1=SEQUENCE:s\n[s]\nr=INTEGER:0x%.64s\ns=INTEGER:0x%s\n' "$R" "$second" >"$tmp/conf"
        openssl asn1parse -genconf "$tmp/conf" -noout -out "$tmp/der" >/dev/null 2>&1 || return 1
    fi
    case $3 in
    Ed25519) openssl pkeyutl -verify -pubin -keyform "$2" -inkey "$1" -rawin -in "$4" -sigfile "$tmp/sig" ;;
    ES256) openssl dgst -sha256 -verify "$1" -signature "$tmp/der" "$4" ;;
    SM2-SM3) openssl pkeyutl -verify -pubin -inkey "$1" -rawin -digest sm3 -pkeyopt distid:1234567812345678 \
        -in "$4" -sigfile "$tmp/der" ;;
    *) return 1 ;;
    esac >/dev/null 2>&1
}

offered() { # the thumbprints and purposes of the keys in $tmp/body
    : >"$tmp/offered"; i=0
    while grep -q "^keys$tab$i$tab" "$tmp/body"; do
        k=keys$tab$i$tab
        text "$tmp/body" "${k}purpose"; purpose=$R; text "$tmp/body" "${k}jwk${tab}kty"; kty=$R
        text "$tmp/body" "${k}jwk${tab}crv"; crv=$R; text "$tmp/body" "${k}jwk${tab}x"; x=$R; y=
        if [ "$kty" = EC ]; then text "$tmp/body" "${k}jwk${tab}y"; y=",\"y\":\"$R\""; fi
        printf '{"crv":"%s","kty":"%s","x":"%s"%s}' "$crv" "$kty" "$x" "$y" >"$tmp/jwk"
        thumb "$tmp/jwk"; echo "$R $purpose" >>"$tmp/offered"; i=$((i + 1))
    done
}

# 1. keys: each file holds the key that its name, an RFC 7638 thumbprint, says
for file in keys/*.pem; do
    openssl pkey -pubin -in "$file" -outform DER -out "$tmp/spki" 2>/dev/null || die "$file is no public key"
    hex "$tmp/spki"; spki=$R
    tail -c 32 "$tmp/spki" >"$tmp/last"; b64url "$tmp/last"; last=$R
    dd if="$tmp/spki" bs=1 skip=27 count=32 of="$tmp/first" 2>/dev/null; b64url "$tmp/first"; first=$R
    case ${#spki}:$spki in
    88:302a300506032b6570032100*) alg=Ed25519; jwk="{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\"$last\"}" ;;
    182:3059301306072a8648ce3d020106082a8648ce3d03010703420004*)
        alg=ES256; jwk="{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"$first\",\"y\":\"$last\"}" ;;
    182:3059301306072a8648ce3d020106082a811ccf5501822d03420004*)
        alg=SM2-SM3; jwk="{\"crv\":\"SM2\",\"kty\":\"EC\",\"x\":\"$first\",\"y\":\"$last\"}" ;;
    *) die "$file is of an unknown kind" ;;
    esac
    printf %s "$jwk" >"$tmp/jwk"; thumb "$tmp/jwk"
    same "keys/$R.pem" "$file" 'the thumbprint of a key'
    echo "$alg" >"$tmp/alg/$R"
done

# 2. manifest: signed, and every file there is the one it names
jws manifest.jws manifest.txt lead-manifest+jws
exchange=$iss
case $exchange in *[!a-z0-9-]*) die 'malformed exchange id' ;; esac
echo "exchange $exchange $kid" >>"$tmp/signers"
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
vkey() { # VKEY TYPE: sets vname and vid, and keeps the key
    rest=${1#*+}; vname=${1%%+*}; vid=${rest%%+*}
    unb64 "${rest#*+}" "$tmp/key"; hex "$tmp/key"
    case ${#R}:$R in 66:"$2"*) ;; *) die 'policy: a key is of a wrong type' ;; esac
    case $known in *" $R "*) die 'policy: a key is there twice' ;; esac
    known="$known$R "
    { printf '%s\n' "$vname"; cat "$tmp/key"; } >"$tmp/named_key"; sha "$tmp/named_key"
    case $R in "$vid"*) [ ${#vid} -eq 8 ] || die 'policy: malformed key' ;; *) die "policy: the id of the key $vname is not its own" ;; esac
    { printf '\060\052\060\005\006\003\053\145\160\003\041\000'; tail -c 32 "$tmp/key"; } >"$tmp/vkey/$2$vid"
}
define() { # NAME: a group counts only what stands above it, and nothing counts twice
    case " none $names$counted" in *" $1 "*) die "policy: the name $1 is taken" ;; esac
    names="$names$1 "
}
group() { # NAME LEAST MEMBERS
    name=$1; least=$2; all=0; shift 2
    for one in "$@"; do
        case $names in *" $one "*) ;; *) die "policy: $one is unknown, or counts twice" ;; esac
        names="${names%% "$one" *} ${names#* "$one" }"; counted="$counted$one "; all=$((all + 1))
    done
    case $least in all) least=$all ;; any) least=1 ;; esac
    case ${#least}:$least in *:*[!0-9]* | *:0* | [!1-4]:* | ??*:?????*) die "policy: group $name asks for $least" ;; esac
    [ "$least" -le $all ] || die "policy: group $name asks for $least"
    define "$name"
    echo "$name $least $*" >>"$tmp/groups"
}
logs=; witnesses=; quorum=; known=' '; names=' '; counted=' '; : >"$tmp/groups"; : >"$tmp/pins"
while read -r kind one two three; do
    case $kind in
    '' | '#'*) ;;
    log) vkey "$one" 01; logs="$logs $vname+$vid" ;;
    witness) vkey "$two" 04; define "$one"; witnesses="$witnesses $one+$vname+$vid" ;;
    group) set -f; group "$one" "$two" $three; set +f ;;
    quorum)
        case "$quorum: none $names$counted" in :*" $one "*) quorum=$one ;; *) die 'policy: a wrong quorum line' ;; esac ;;
    exchange | node) [ ${#two} -eq 43 ] && [ -z "$three" ] || die 'policy: malformed pin'; echo "$kind $one $two" >>"$tmp/pins" ;;
    *) die "policy: unknown line $kind" ;;
    esac
done <"$tmp/policy"
[ -n "$quorum" ] || die 'policy: one quorum line is needed'

# The keys of the exchange that followed each other: both signed each event, so trust in one is trust in either.
: >"$tmp/followed"; : >"$tmp/logkids"; n=1
while own=key-events/$exchange-$(printf %03d $n) && [ -d "$own" ]; do
    jws "$own/request.jws" "$own/request.body" lead-key+jws "$exchange" "$exchange"
    former=$kid; request=$jti; request_sha=$token_sha
    json "$own/request.body" "$tmp/body"; offered
    [ "$(grep -c . "$tmp/offered")" = 1 ] || die "$own: one key follows another"
    read -r key purpose <"$tmp/offered"
    text "$tmp/body" "keys${tab}0${tab}proof"; printf %s "$R" >"$tmp/proof.jws"; printf %s "$former" >"$tmp/former"
    jws "$tmp/proof.jws" "$tmp/former" lead-key+jws "$exchange" "$exchange"
    same "$kid $jti" "$key $request" "$own: proof"
    [ "$key" != "$former" ] || die "$own: a key follows itself"
    [ "$purpose" != log ] || same "$(cat "$tmp/alg/$key" "$tmp/alg/$former" | sort -u)" Ed25519 "$own: a key of the log"
    echo "$own $n $purpose $former $key $request_sha" >>"$tmp/followed"; n=$((n + 1))
done
for one in $logs; do
    [ "${one%+*}" = "$exchange/log" ] || continue
    tail -c 32 "$tmp/vkey/01${one##*+}" >"$tmp/last"; b64url "$tmp/last"
    printf '{"crv":"Ed25519","kty":"OKP","x":"%s"}' "$R" >"$tmp/jwk"; thumb "$tmp/jwk"; echo "$R" >>"$tmp/logkids"
done
trust_log() { # KID
    openssl pkey -pubin -in "keys/$1.pem" -outform DER -out "$tmp/spki" 2>/dev/null || die "keys/$1.pem is no public key"
    { printf '%s/log\n\001' "$exchange"; tail -c 32 "$tmp/spki"; } >"$tmp/named_key"; sha "$tmp/named_key"
    vid=$(printf %.8s "$R"); cp "$tmp/spki" "$tmp/vkey/01$vid"
    logs="$logs $exchange/log+$vid"; echo "$1" >>"$tmp/logkids"
}
pass=1
while [ $pass -lt $n ]; do # each pass reaches one key further at least
    while read -r _ _ purpose former key _; do
        for pair in "$former $key" "$key $former"; do
            from=${pair% *}; to=${pair#* }
            case $purpose in
            signing)
                if grep -qxF -e "exchange $exchange $from" "$tmp/pins" && ! grep -qxF -e "exchange $exchange $to" "$tmp/pins"
                then echo "exchange $exchange $to" >>"$tmp/pins"; fi ;;
            log) if grep -qxF -e "$from" "$tmp/logkids" && ! grep -qxF -e "$to" "$tmp/logkids"; then trust_log "$to"; fi ;;
            esac
        done
    done <"$tmp/followed"
    pass=$((pass + 1))
done
own=$n

# 4. the checkpoint: one for the whole bundle, signed by a log of the policy and cosigned as it asks
origin=; root=; width=0
for file in acts/*/entry.tlog-proof key-events/*/entry.tlog-proof; do [ ! -f "$file" ] || break; done
check_note() {
    [ "$(grep -c '^$' "$tmp/note")" = 1 ] || die 'the checkpoint is malformed'
    sed '/^$/,$d' "$tmp/note" >"$tmp/text"; sed '1,/^$/d' "$tmp/note" >"$tmp/lines"
    origin=$(sed -n 1p "$tmp/text"); width=$(sed -n 2p "$tmp/text"); root=$(sed -n 3p "$tmp/text")
    case $width in '' | *[!0-9]* | 0*) die 'the checkpoint is malformed' ;; esac
    by_log=; there=' none '
    while IFS= read -r line; do
        case $line in '— '*' '*) ;; *) die 'a signature line is malformed' ;; esac
        line=${line#* }; name=${line%% *}
        unb64 "${line#* }" "$tmp/raw"; hex "$tmp/raw"; id=$(printf %.8s "$R"); time=${R#????????}
        for one in $logs; do
            [ "$one" = "$name+$id" ] && [ "$name" = "$origin" ] || continue
            tail -c +5 "$tmp/raw" >"$tmp/sig"
            signed "$tmp/vkey/01$id" DER Ed25519 "$tmp/text" || die 'the log did not sign the checkpoint'
            by_log=1
        done
        for one in $witnesses; do
            [ "${one#*+}" = "$name+$id" ] || continue
            tail -c +13 "$tmp/raw" >"$tmp/sig"; time=$(printf %.16s "$time")
            case $time in [0-7]*) ;; *) die 'the time of a cosignature is out of range' ;; esac
            { printf 'cosignature/v1\ntime %d\n' "$((0x$time))"; cat "$tmp/text"; } >"$tmp/cosigned"
            signed "$tmp/vkey/04$id" DER Ed25519 "$tmp/cosigned" || die "the cosignature of $name is wrong"
            there="$there${one%%+*} "
        done
    done <"$tmp/lines"
    [ -n "$by_log" ] || die 'the checkpoint is not signed by a log of the policy'
    while read -r name least members; do
        count=0
        for one in $members; do case $there in *" $one "*) count=$((count + 1)) ;; esac; done
        if [ "$count" -ge "$least" ]; then there="$there$name "; fi
    done <"$tmp/groups"
    case $there in *" $quorum "*) ;; *) die 'fewer witnesses cosigned than the policy asks for' ;; esac
}
if [ -f "$file" ]; then sed '1,/^$/d' "$file" >"$tmp/note"; check_note; fi

branch() { { printf '\001'; cat "$1" "$2"; } | openssl dgst -sha256 -binary >"$tmp/up" && mv "$tmp/up" "$tmp/node"; }
proof() { # FOLDER: sets place, where its entry is in the log (RFC 9162 section 2.1.3.2)
    sed '1,/^$/d' "$1/entry.tlog-proof" | cmp -s - "$tmp/note" || die "$1: its checkpoint is another"
    sed '/^$/,$d' "$1/entry.tlog-proof" >"$tmp/path"
    place=$(sed -n 's/^index //p' "$tmp/path")
    same "$(sed -n 1,2p "$tmp/path")" "c2sp.org/tlog-proof@v1
index $place" "$1: the proof"
    case $place in '' | *[!0-9]* | 0?*) die "$1: malformed index" ;; esac
    [ "$place" -lt "$width" ] || die "$1: no such place in the log"
    fn=$place; sn=$((width - 1))
    { printf '\000'; cat "$1/entry.bin"; } | openssl dgst -sha256 -binary >"$tmp/node" || die 'cannot hash'
    sed 1,2d "$tmp/path" >"$tmp/siblings"
    while IFS= read -r line; do
        unb64 "$line" "$tmp/sibling"; size "$tmp/sibling"
        [ "$R" -eq 32 ] && [ "$sn" -ne 0 ] || die "$1: the proof is malformed"
        if [ $((fn & 1)) -eq 1 ] || [ "$fn" -eq "$sn" ]; then
            branch "$tmp/sibling" "$tmp/node" || die 'cannot hash'
            while [ "$fn" -ne 0 ] && [ $((fn & 1)) -eq 0 ]; do fn=$((fn >> 1)); sn=$((sn >> 1)); done
        else
            branch "$tmp/node" "$tmp/sibling" || die 'cannot hash'
        fi
        fn=$((fn >> 1)); sn=$((sn >> 1))
    done <"$tmp/siblings"
    [ "$sn" -eq 0 ] && [ "$(openssl base64 -A -in "$tmp/node")" = "$root" ] || die "$1: the proof does not lead to the signed root"
}
pinned() { grep -qxF -e "$1" "$tmp/pins" "$tmp/chained" 2>/dev/null; }

# 5. key events: the keys of each agency, in the order in which they were registered and revoked
key_event() { # NODE NUMBER FOLDER
    jws "$3/request.jws" "$3/request.body" '' "$1" "$exchange"
    json "$3/request.body" "$tmp/body"; offered
    state=$tmp/state/$1
    case $typ in
    lead-enrolment+jws)
        text "$tmp/body" node_id; same "$R" "$1" "$3: node"
        grep -qxF -e "$kid act" "$tmp/offered" || die "$3: not signed by one of its own act keys" ;;
    lead-key+jws)
        [ -f "$state/$kid" ] && [ ! -f "$state/$kid.until" ] && grep -q '^act ' "$state/$kid" \
            || die "$3: not signed by an act key of the node that was valid" ;;
    *) die "$3: a request of a wrong type" ;;
    esac
    sed -n 2p "$3/entry.bin" >"$tmp/entry"; json "$tmp/entry" "$tmp/e"
    text "$tmp/e" kid; key=$R; text "$tmp/e" purpose; purpose=$R; text "$tmp/e" event; event=$R
    case $key in */* | *.*) die "$3: malformed kid" ;; esac
    printf 'leadbridge/entry/v1\n{"t":"key","node":"%s","kid":"%s","purpose":"%s","event":"%s","key_event":%d,"request_jws_sha256":"%s"}\n' \
        "$1" "$key" "$purpose" "$event" "$2" "$token_sha" | cmp -s - "$3/entry.bin" || die "$3: the log entry is not that of this event"
    proof "$3"
    if [ "$typ" = lead-key+jws ]; then # by the order of the log, whatever the numbers say
        read -r _ _ since <"$state/$kid"
        [ "$since" -lt "$place" ] || die "$3: its key was not registered before it"
        echo "$place" >>"$state/$kid.signed"
    fi
    case $event in
    register)
        grep -qxF -e "$key $purpose" "$tmp/offered" && [ ! -f "$state/$key" ] || die "$3: the request does not register this key"
        mkdir -p "$state"; echo "$purpose $2 $place" >"$state/$key"
        if pinned "node $1 $key" || pinned "node $1 $kid"; then echo "node $1 $key" >>"$tmp/chained"; fi ;;
    revoke)
        if [ "$typ" = lead-key+jws ]; then
            text "$tmp/body" kid; same "$R" "$key" "$3: kid"
            text "$tmp/body" reason; [ "$R" != compromised ] || : >"$state/$key.compromised"
        else # a later enrolment ends every key that the node had, none that it brought
            ! grep -q "^$key " "$tmp/offered" || die "$3: the enrolment does not replace this key"
        fi
        [ -f "$state/$key" ] && [ ! -f "$state/$key.until" ] || die "$3: the key was not valid when it was revoked"
        read -r was _ since <"$state/$key"
        [ "$was" = "$purpose" ] && [ "$since" -lt "$place" ] || die "$3: the request does not revoke this key"
        if [ -f "$state/$key.signed" ]; then
            while read -r one; do [ "$one" -le "$place" ] || die "$3: the key signed a later key event"; done <"$state/$key.signed"
        fi
        echo "$place" >"$state/$key.until" ;;
    *) die "$3: an unknown event" ;;
    esac
}
sed -n 's|^key-events/\([^/]*\)/.*|\1|p' "$tmp/present" | sort -u >"$tmp/folders"
[ "$(grep -cE "^$exchange-[0-9]{3,}\$" "$tmp/folders")" = $((own - 1)) ] || die 'a key event of the exchange is missing'
grep -vE "^$exchange-[0-9]{3,}\$" "$tmp/folders" >"$tmp/events" || :
sed 's/-[0-9]*$//' "$tmp/events" | sort -u >"$tmp/nodes"
taken=0
while read -r node; do
    n=1
    while folder=key-events/$node-$(printf %03d $n) && [ -d "$folder" ]; do
        key_event "$node" $n "$folder"; n=$((n + 1)); taken=$((taken + 1))
    done
done <"$tmp/nodes"
[ $taken -eq $(($(wc -l <"$tmp/events"))) ] || die 'a key event is missing'

logged=-1
while read -r folder number purpose _ key request_sha; do
    printf 'leadbridge/entry/v1\n{"t":"key","node":"%s","kid":"%s","purpose":"%s","event":"register","key_event":%d,"request_jws_sha256":"%s"}\n' \
        "$exchange" "$key" "$purpose" "$number" "$request_sha" | cmp -s - "$folder/entry.bin" || die "$folder: the log entry is not that of this event"
    proof "$folder"; [ "$place" -gt "$logged" ] || die "$folder: the events are not in the order of the log"
    logged=$place
done <"$tmp/followed"

# 6. the acts, in the order of the log
act() { # FOLDER NAME
    case $2 in *[!a-z._]* | '') die "$1: an impossible name" ;; notice.*) files=4 ;; *) files=6 ;; esac
    [ "$(grep -c "^$1/" "$tmp/present")" = $files ] || die "$1 has not the files of an act"
    jws "$1/act.jws" "$1/act.body" '' '' ''
    sender=$iss; act_id=$jti; act_kid=$kid; act_sha=$token_sha
    ! grep -qxF -e "$act_id" "$tmp/ids" || die "$1: an act of this id is there already"
    echo "$act_id" >>"$tmp/ids"
    sha "$1/act.body"; body_sha=$R
    sm3=$(openssl dgst -sm3 -r "$1/act.body") || die 'this openssl lacks SM3'
    json "$1/act.body" "$tmp/body"
    text "$tmp/body" act; same "$R" "$2" "$1: act"; text "$tmp/body" sender; same "$R" "$sender" "$1: sender"
    text "$tmp/body" lead_id; same "$R" "${lead:=$R}" "$1: lead"
    entry="\"act_jws_sha256\":\"$act_sha\",\"body_sha256\":\"$body_sha\",\"body_sm3\":\"${sm3%% *}\""
    if [ $files -eq 4 ]; then
        same "$typ $sender" "lead-notice+jws $exchange" "$1: who speaks"
        text "$tmp/body" "recipients${tab}0"; same "$R" "$aud" "$1: recipient"
        ! grep -q "^recipients${tab}1$tab" "$tmp/body" || die "$1: a notice has one recipient"
        echo "exchange $exchange $act_kid" >>"$tmp/signers"
        printf 'leadbridge/entry/v1\n{"t":"notice",%s}\n' "$entry" >"$tmp/meant"
    else
        same "$typ $aud" "lead-act+jws $exchange" "$1: type and audience"
        receipt "$1"
        printf 'leadbridge/entry/v1\n{"t":"act",%s,"receipt_sha256":"%s","receipt_jws_sha256":"%s"}\n' \
            "$entry" "$receipt_sha" "$token_sha" >"$tmp/meant"
    fi
    cmp -s "$tmp/meant" "$1/entry.bin" || die "$1: the log entry is not that of this act"
    proof "$1"
    [ "$place" -gt "$newest" ] || die "$1: the acts are not in the order of the log"
    newest=$place
    [ $files -eq 4 ] || valid "$1"
    chain "$1" "$2"; enclosures "$1"
}
receipt() { # FOLDER
    record=$tmp/state/$sender/$act_kid
    [ -f "$record" ] || die "$1: key $act_kid is not known as one of $sender"
    jws "$1/receipt.jws" "$1/receipt.json" lead-receipt+jws "$exchange" "$sender"
    same "$jti" "$act_id" "$1: act id"
    echo "exchange $exchange $kid" >>"$tmp/signers"
    sha "$1/receipt.json"; receipt_sha=$R
    json "$1/receipt.json" "$tmp/r"
    read -r purpose event since <"$record"
    size "$1/act.body"; length=$R
    number "$tmp/r" body_length; same "$R" "$length" "$1: length"
    number "$tmp/r" key_event; same "$R" "$event" "$1: key event"
    for pair in receipt=1 "exchange=$exchange" "act_id=$act_id" "act=${1#acts/*-}" "act_jws_sha256=$act_sha" \
        "body_sha256=$body_sha" "lead_id=$lead" "log_origin=$origin"; do
        text "$tmp/r" "${pair%%=*}"; same "$R" "${pair#*=}" "$1: receipt"
    done
}
valid() { # FOLDER: by the order of the log, not by any clock
    [ "$purpose" = act ] && [ "$since" -lt "$place" ] || die "$1: its key was not registered before it"
    [ ! -f "$record.until" ] || [ "$(cat "$record.until")" -gt "$place" ] || die "$1: its key was revoked before it"
    [ ! -f "$record.compromised" ] || echo "key $act_kid of $sender was reported compromised" >>"$tmp/disputed"
    echo "node $sender $act_kid" >>"$tmp/signers"
}
chain() { # FOLDER NAME
    if grep -qx "prev${tab}null" "$tmp/body"; then
        case $2 in lead.register | notice.*) ;; *) die "$1 refers to no act before it" ;; esac
    else
        text "$tmp/body" prev
        case ${#R}:$R in 64:*[!0-9a-f]*) die "$1: malformed prev" ;; 64:*) ;; *) die "$1: malformed prev" ;; esac
        grep -qxF "$R" "$tmp/tokens" || echo "$R" >>"$tmp/prevs"
    fi
    echo "$act_sha" >>"$tmp/tokens"
}
enclosures() { # FOLDER
    i=0
    while grep -q "^attachments$tab$i$tab" "$tmp/body"; do
        text "$tmp/body" "attachments$tab$i${tab}sha256"; digest=$R
        number "$tmp/body" "attachments$tab$i${tab}size"; length=$R
        grep -qxF "attachments/$digest" "$tmp/present" || die "$1: attachment $digest is missing"
        size "attachments/$digest"; same "$R" "$length" "$1: size of an attachment"
        sha "attachments/$digest"; same "$R" "$digest" "$1: attachment"
        echo "attachments/$digest" >>"$tmp/named"; i=$((i + 1))
    done
}
lead=; newest=-1; n=1
while set -- "acts/$(printf %03d $n)-"* && [ -d "$1" ]; do
    [ $# -eq 1 ] || die "act $n is there twice"
    act "$1" "${1#acts/*-}"; n=$((n + 1))
done
[ $((n - 1)) -eq "$(sed -n 's|^acts/\([^/]*\)/.*|\1|p' "$tmp/present" | sort -u | grep -c .)" ] || die 'an act is missing'
sort -u "$tmp/prevs" | cmp -s - "$tmp/withheld" || die 'manifest.txt does not list what is withheld'
[ ! -s "$tmp/withheld" ] || ! grep -qxF -f "$tmp/withheld" "$tmp/tokens" || die 'an act refers to a later one'

# 7. nothing else: what was looked at by none of these would seem to be proven with the rest
while read -r name; do
    case $name in
    */*/*/*) die "$name belongs to nothing here" ;;
    README | policy.txt | verify.sh | keys/*.pem) ;;
    acts/*/act.body | acts/*/act.jws | acts/*/receipt.json | acts/*/receipt.jws | */*/entry.bin | */*/entry.tlog-proof) ;;
    key-events/*/request.body | key-events/*/request.jws) ;;
    *) grep -qxF -e "$name" "$tmp/named" || die "$name belongs to nothing here" ;;
    esac
done <"$tmp/present"

# 8. who vouches for the keys
echo "$((n - 1)) acts of exchange $exchange"
sed 's/^/withheld /' "$tmp/withheld"
sort -u "$tmp/disputed" | sed 's/^/disputed: /'
sort -u "$tmp/signers" >"$tmp/used"
missing=
[ "$given" -eq 1 ] || : >"$tmp/used" # the bundle cannot vouch for itself, nor contradict itself
while read -r kind name key; do
    if ! grep -q "^$kind $name " "$tmp/pins"; then
        missing="$missing, $kind $name"
    elif ! pinned "$kind $name $key"; then
        die "$kind $name signed with $key, which does not go back to a key that is pinned"
    fi
done <"$tmp/used"
done=3
if [ "$given" -eq 0 ]; then
    grep -v '^#' policy.txt | sed 's/^/found: /'
elif [ -n "$missing" ]; then
    echo "the policy has no line for: ${missing#, }"
else
    done=0
    echo verified
    exit
fi
echo 'consistent, keys NOT pinned'
