#!/bin/sh
# Joins a site of your own to the network "retail" and sends the first request from it.
set -e
. '@DEMO@/env'
site='@DEMO@/sites/you'
show() { printf '\n$ %s\n' "$*"; }

show "skx join @DEMO@/you.invitation --name you --data-dir $site &"
mkdir -p '@DEMO@/logs'
skx join '@DEMO@/you.invitation' --name you --data-dir "$site" >'@DEMO@/logs/you' 2>&1 &
join=$!
trap 'kill $join 2>/dev/null; wait $join 2>/dev/null || true' EXIT
trap 'exit 0' INT TERM

tries=0
until skx site status --data-dir "$site" >/dev/null 2>&1; do
  tries=$((tries + 1))
  if [ $tries -gt 150 ] || ! kill -0 $join 2>/dev/null; then
    echo "the site did not come up; its log:"
    cat '@DEMO@/logs/you'
    exit 1
  fi
  sleep 0.2
done
show "skx site status --data-dir $site"
skx site status --data-dir "$site"

show "curl http://@LISTENER@/"
curl --silent --show-error --fail --retry 20 --retry-connrefused --retry-delay 1 --max-time 15 'http://@LISTENER@/'

if [ -z "$ONCE" ]; then
  printf '\nYour site stays in the network. Send more requests from any terminal:  curl http://@LISTENER@/\nCtrl-C leaves it running no longer.\n'
  wait $join
fi
