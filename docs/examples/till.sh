#!/bin/sh
# A purchase by curl and openssl: till.sh http://127.0.0.1:8000 yz_0123… the-secret MABCDEFGHIJ
set -eu
base=$1 key=$2 secret=$3 card=$4
target=/api/v1/purchases
body="{\"number\":\"C-1001\",\"member\":{\"card\":\"$card\"},\"amount\":5000,\"payment\":\"cash\",\"occurred_at\":\"$(date -u +%Y-%m-%dT%H:%M:%S+00:00)\"}"
timestamp=$(date +%s)
nonce=$(openssl rand -hex 16)
digest=$(printf %s "$body" | openssl dgst -sha256 -r | cut -d' ' -f1)
signature=$(printf 'POST\n%s\n%s\n%s\n%s' "$target" "$timestamp" "$nonce" "$digest" |
    openssl dgst -sha256 -hmac "$secret" -r | cut -d' ' -f1)
curl --silent --show-error --max-time 10 "$base$target" \
    -H "Content-Type: application/json" -H "X-Yizhan-Key: $key" -H "X-Yizhan-Timestamp: $timestamp" \
    -H "X-Yizhan-Nonce: $nonce" -H "X-Yizhan-Signature: $signature" --data "$body"
echo
