#!/bin/sh
# Stands in for systemctl and journalctl, by whichever name it is called: writes its words down, and ends as it is told to.
echo "$(basename "$0") $*" >> "$CALLS"
case "$*" in
*is-system-running*) echo "${RUNNING-running}" ;;
*) exit "${ENDS_WITH:-0}" ;;
esac
