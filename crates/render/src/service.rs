//! A site as a service of systemd: its unit, and the user it runs as.

/// The name of the service.
pub const SERVICE: &str = "skx-site";
/// The user it runs as, and its group.
pub const SERVICE_USER: &str = "skx";
/// What makes a file one of ours: its first line.
pub const SERVICE_MARK: &str =
    "# Made by skx site install, and made anew by it: change it with systemctl edit skx-site";

/// What the service may do, beside what it is there for: nothing.
const CONFINEMENT: &str = "\
UMask=0077
NoNewPrivileges=yes
CapabilityBoundingSet=CAP_NET_BIND_SERVICE
AmbientCapabilities=CAP_NET_BIND_SERVICE
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
ProcSubset=pid
RemoveIPC=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
SystemCallArchitectures=native
SystemCallErrorNumber=EPERM
SystemCallFilter=@system-service
SystemCallFilter=~@privileged
";

/// The unit that runs `program` on the state in the directory `state` of `/var/lib`. Neither may need quoting: letters, digits
/// and `._-/`.
pub fn service_unit(program: &str, state: &str) -> String {
    format!(
        "{SERVICE_MARK}
[Unit]
Description=Skupper-X site
Wants=network-online.target
After=network-online.target time-sync.target
StartLimitIntervalSec=0

[Service]
Type=exec
User={SERVICE_USER}
Group={SERVICE_USER}
ExecStart={program} site run --data-dir /var/lib/{state}
Restart=on-failure
RestartSec=5
# There is no site, or a final refusal: trying again does not help.
RestartPreventExitStatus=3 5
# systemd makes the directory, and gives it and all in it to the user.
StateDirectory={state}
StateDirectoryMode=0700
LimitNOFILE=524288
{CONFINEMENT}
[Install]
WantedBy=multi-user.target
"
    )
}

/// What makes the user, for systemd-sysusers.
pub fn service_user() -> String {
    format!("{SERVICE_MARK}\nu {SERVICE_USER} - \"Skupper-X site\" /var/lib/skx\n")
}
