# Runs a systemd that has nothing of this machine but its programs, until standard input ends. $1 is a directory of the tests';
# what is in $1/shared is seen by both, at the same path.
#
# A systemd that starts empties /tmp, sets the kernel's parameters and the like. So it has a root of its own in memory, reads
# /usr only, has the units named here and no others, and control groups of its own; it is not begun if it could write to anything
# else.
set -eu
at=$1 inside=${2:-}
groups=/sys/fs/cgroup name=${at##*/}

if [ "$inside" != inside ]; then
  if [ -e $groups/cgroup.controllers ]; then
    echo "+cpu +memory +pids" >$groups/cgroup.subtree_control 2>/dev/null || true
    own=$groups/$name
  else
    own=$(printf "%s$name " $groups/*/)
  fi
  mkdir $own
  for group in $own; do
    # Of the older control groups, this one takes nobody before it is told what it has.
    [ -e $group/cpuset.cpus ] && [ ! -e $groups/cgroup.controllers ] || continue
    for it in cpuset.cpus cpuset.mems; do cat $group/../$it >$group/$it; done
  done
  (
    for group in $own; do echo $BASHPID >$group/cgroup.procs; done
    exec unshare --pid --mount --cgroup --uts --ipc --fork --kill-child=KILL bash "$0" "$at" inside
  ) &
  init=$!
  cat >/dev/null
  kill -KILL $init 2>/dev/null || true
  wait $init 2>/dev/null || true
  for _ in $(seq 100); do
    left=
    for group in $own; do find $group -depth -type d -exec rmdir {} + 2>/dev/null || left=$group; done
    [ -n "$left" ] || exit 0
    sleep 0.1
  done
  echo "control groups are left: $left"
  exit 1
fi

mount --make-rprivate /
root=$at/root shared=$at/shared
mkdir -p $root
mount -t tmpfs -o mode=755 stage $root
cd $root
mkdir -p usr etc/systemd/system proc sys dev run tmp var/log root old .$shared
chmod 1777 tmp
for it in bin sbin lib lib64; do [ -L /$it ] && ln -s usr/$it $it; done
mount --bind /usr usr
mount -o remount,bind,ro usr

mkdir kept
for it in basic.target sysinit.target multi-user.target shutdown.target sockets.target slices.target timers.target paths.target \
  network.target system.slice systemd-journald.service systemd-journald.socket systemd-journald-dev-log.socket; do
  [ ! -e usr/lib/systemd/system/$it ] || cp usr/lib/systemd/system/$it kept/
done
for it in systemd/system systemd/system-generators systemd/system-environment-generators tmpfiles.d sysctl.d modules-load.d; do
  [ ! -d usr/lib/$it ] || mount -t tmpfs -o mode=755 stage usr/lib/$it
done
cp kept/* usr/lib/systemd/system/
rm -r kept

mount --bind $shared .$shared
mount -t proc proc proc
for it in sys sysrq-trigger irq bus; do
  [ -e proc/$it ] || continue
  mount --bind proc/$it proc/$it
  mount -o remount,bind,ro proc/$it
done
mount -t sysfs -o ro sysfs sys
if [ -e $groups/cgroup.controllers ]; then
  mount -t cgroup2 cgroup2 sys/fs/cgroup
else
  mount -t tmpfs -o mode=755 stage sys/fs/cgroup
  for it in $groups/*/; do
    it=$(basename $it)
    mkdir sys/fs/cgroup/$it
    case $it in
      unified) mount -t cgroup2 cgroup2 sys/fs/cgroup/$it ;;
      systemd) mount -t cgroup -o none,name=systemd cgroup sys/fs/cgroup/$it ;;
      *) mount -t cgroup -o $it cgroup sys/fs/cgroup/$it ;;
    esac
  done
fi
mount -t tmpfs -o mode=755 stage dev
for it in null zero full random urandom; do touch dev/$it && mount --bind /dev/$it dev/$it; done
mkdir dev/shm dev/pts
mount -t tmpfs -o mode=755 stage run
mkdir -p run/dbus run/log/journal
mount --bind $shared/bus run/dbus
mount --bind $shared/journal run/log/journal
mount --bind $shared/units etc/systemd/system

printf 'root:x:0:0:root:/root:/bin/sh\ntool:x:1234:1234::/:/bin/sh\n' >etc/passwd
printf 'root:x:0:\ntool:x:1234:\nsystemd-journal:x:101:\n' >etc/group
tr -d - </proc/sys/kernel/random/uuid >etc/machine-id
cp /etc/ld.so.cache etc/
printf '[Journal]\nStorage=volatile\nReadKMsg=no\nRateLimitIntervalSec=0\n' >etc/systemd/journald.conf
cat >etc/bus.conf <<'END'
<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
  "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:path=/run/dbus/system_bus_socket</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/><allow own="*"/><allow send_type="*"/><allow receive_type="*"/><allow send_destination="*"/>
  </policy>
</busconfig>
END
cat >usr/lib/systemd/system/dbus.socket <<'END'
[Unit]
DefaultDependencies=no
[Socket]
ListenStream=/run/dbus/system_bus_socket
END
cat >usr/lib/systemd/system/dbus.service <<'END'
[Unit]
DefaultDependencies=no
Requires=dbus.socket
[Service]
Type=notify
ExecStart=dbus-daemon --config-file=/etc/bus.conf --address=systemd: --nofork --nopidfile --systemd-activation --syslog-only
END
cat >usr/lib/systemd/system/stage.target <<'END'
[Unit]
DefaultDependencies=no
Wants=systemd-journald.service dbus.socket dbus.service multi-user.target
END

pivot_root . old
cd /
umount -l /old
rmdir /old
while read -r _ _ _ _ point options rest; do
  kind=" $rest" kind=${kind##* - } kind=${kind%% *}
  case $kind in tmpfs | proc | cgroup | cgroup2) continue ;; esac
  case ,$options, in *,rw,*) ;; *) continue ;; esac
  case $point in
    $shared | /etc/systemd/system | /run/dbus | /run/log/journal | /dev/null | /dev/zero | /dev/full | /dev/random | /dev/urandom) ;;
    *) echo "it could write to $point of this machine: it is not begun" && exit 1 ;;
  esac
done </proc/self/mountinfo
exec setpriv --bounding-set -sys_boot,-sys_module,-sys_time,-sys_rawio,-syslog,-mknod \
  env -i PATH=/usr/sbin:/usr/bin container=stage \
  /lib/systemd/systemd --system --unit=stage.target --log-target=console --log-level=warning --show-status=0
