//! Finding PostgreSQL's server programs.

use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use super::PrivateError;

/// The programs of one PostgreSQL version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Binaries {
    directory: PathBuf,
    /// The major version.
    pub(super) version: u32,
}

impl Binaries {
    pub(super) fn initdb(&self) -> PathBuf {
        self.directory.join("initdb")
    }

    pub(super) fn postgres(&self) -> PathBuf {
        self.directory.join("postgres")
    }
}

/// Every version on this machine: on the search path, where `pg_config` says, and where distributions put them.
pub(super) fn find() -> Result<Vec<Binaries>, PrivateError> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let config = Command::new("pg_config").arg("--bindir").output().ok().filter(|output| output.status.success());
    let config = config.and_then(|output| String::from_utf8(output.stdout).ok()).map(|dir| PathBuf::from(dir.trim()));
    let roots = ["/usr/lib/postgresql", "/usr", "/usr/local", "/opt"].map(Path::new);
    find_in(&path, config, &roots, &fs::read_to_string("/etc/os-release").unwrap_or_default())
}

/// The same, with what is looked in as arguments.
fn find_in(
    path: &OsStr,
    config: Option<PathBuf>,
    roots: &[&Path],
    os_release: &str,
) -> Result<Vec<Binaries>, PrivateError> {
    let mut looked_in: Vec<PathBuf> = std::env::split_paths(path).filter(|dir| dir.is_absolute()).collect();
    looked_in.extend(config);
    for root in roots {
        // Debian: /usr/lib/postgresql/15/bin. Fedora's and PostgreSQL's own packages: /usr/pgsql-15/bin.
        let debian = root.ends_with("postgresql");
        let versions = fs::read_dir(root).into_iter().flatten().flatten().map(|entry| entry.path());
        let versions = versions.filter(|path| {
            let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
            debian || name == "pgsql" || name.starts_with("pgsql-")
        });
        let before = looked_in.len();
        looked_in.extend(versions.map(|path| path.join("bin")));
        if looked_in.len() == before && debian {
            looked_in.push(root.join("*/bin"));
        }
    }
    let mut seen = std::collections::BTreeSet::new();
    looked_in.retain(|dir| seen.insert(dir.clone()));
    let mut found: Vec<Binaries> = looked_in
        .iter()
        .filter(|dir| dir.join("initdb").is_file() && dir.join("postgres").is_file())
        .filter_map(|dir| Some(Binaries { directory: dir.clone(), version: version(&dir.join("postgres"))? }))
        .collect();
    if found.is_empty() {
        return Err(PrivateError::Missing { looked_in, install: install_command(os_release).to_owned() });
    }
    found.sort_by_key(|binaries| binaries.version);
    Ok(found)
}

/// The newest version, for a new cluster.
pub(super) fn newest(found: &[Binaries]) -> &Binaries {
    found.last().expect("find returns at least one")
}

/// The version that made a cluster.
pub(super) fn matching<'a>(
    found: &'a [Binaries],
    cluster: &str,
    directory: &Path,
) -> Result<&'a Binaries, PrivateError> {
    found.iter().find(|binaries| binaries.version.to_string() == cluster).ok_or_else(|| {
        let mut versions: Vec<String> = found.iter().map(|binaries| binaries.version.to_string()).collect();
        versions.dedup();
        PrivateError::VersionDiffers { directory: directory.to_owned(), cluster: cluster.to_owned(), found: versions }
    })
}

/// The major version of a server, as it says itself.
fn version(postgres: &Path) -> Option<u32> {
    let output = Command::new(postgres).arg("--version").output().ok().filter(|output| output.status.success())?;
    // postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)
    let text = String::from_utf8(output.stdout).ok()?;
    let version = text.split_whitespace().nth(2)?;
    version.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

/// The command that installs the programs on this system.
fn install_command(os_release: &str) -> &'static str {
    let words = || {
        let lines = os_release.lines().filter_map(|line| line.strip_prefix("ID=").or(line.strip_prefix("ID_LIKE=")));
        lines.flat_map(|value| value.trim_matches('"').split(' '))
    };
    let is = |ids: &[&str]| words().any(|word| ids.contains(&word));
    if is(&["debian", "ubuntu"]) {
        "apt-get install postgresql"
    } else if is(&["fedora", "rhel", "centos"]) {
        "dnf install postgresql-server"
    } else if is(&["suse", "opensuse"]) {
        "zypper install postgresql-server"
    } else if is(&["alpine"]) {
        "apk add postgresql"
    } else if is(&["arch"]) {
        "pacman -S postgresql"
    } else {
        "your system's package manager; the package is called postgresql or postgresql-server"
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn program(path: &Path, script: &str) {
        fs::create_dir_all(path.parent().expect("it is in a directory")).expect("the directory is made");
        fs::write(path, format!("#!/bin/sh\n{script}\n")).expect("the program is written");
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("it is made executable");
    }

    #[test]
    fn missing_programs_are_missed_with_where_they_were_looked_for_and_what_installs_them() {
        let root = tempfile::tempdir().expect("a directory");
        let packaged = root.path().join("postgresql");
        let path = root.path().join("bin");
        let error =
            find_in(path.as_os_str(), None, &[&packaged], "ID=ubuntu\nID_LIKE=debian").expect_err("nothing there");
        let text = error.to_string();
        for part in [&*path.to_string_lossy(), &*packaged.to_string_lossy(), "apt-get install postgresql", "initdb"] {
            assert!(text.contains(part), "{text}");
        }
        assert!(install_command("ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"").contains("dnf"));
        assert!(install_command("").contains("package manager"));
    }

    #[test]
    fn a_new_cluster_gets_the_newest_version_and_an_old_one_its_own() {
        let root = tempfile::tempdir().expect("a directory");
        let packaged = root.path().join("postgresql");
        for version in [9, 15, 17] {
            let bin = packaged.join(format!("{version}/bin"));
            program(&bin.join("initdb"), "exit 1");
            program(&bin.join("postgres"), &format!("echo 'postgres (PostgreSQL) {version}.4 (Debian {version}.4-1)'"));
        }
        // Not a whole installation.
        program(&packaged.join("18/bin/initdb"), "exit 1");
        let found = find_in(OsStr::new(""), None, &[&packaged], "").expect("there are three");
        assert_eq!(newest(&found).version, 17);
        assert_eq!(matching(&found, "15", root.path()).expect("it is there").version, 15);
        let error = matching(&found, "16", root.path()).expect_err("it is not there").to_string();
        assert!(error.contains("PostgreSQL 16") && error.contains("9, 15, 17"), "{error}");
    }
}
