#!/bin/sh
# A time zone where it is this hour of the day now: sh zone.sh 12
ahead=$(( ($1 - $(date -u +%-H) + 36) % 24 - 12 ))
if [ "$ahead" -ge 0 ]; then echo "Etc/GMT-$ahead"; else echo "Etc/GMT+$(( -ahead ))"; fi
