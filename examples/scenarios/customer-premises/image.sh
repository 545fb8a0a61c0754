#!/bin/sh
# Makes localhost/premises:1, an image with the Python of this machine and nothing else: no registry has to be reached for it.
set -eu
stdlib=$(/usr/bin/python3 -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')
libraries=$(ldd /usr/bin/python3 /bin/sh | grep -o '/[^ :]*\.so[^ :]*' | sort -u)
tar --create --dereference --absolute-names --exclude=test --exclude=__pycache__ --exclude='config-*' \
    /bin/sh /usr/bin/python3 "$stdlib" $libraries | podman import --quiet - localhost/premises:1
