use std::{
    fs,
    io::{BufRead, BufReader},
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Arc,
};

use model::Clock;
use store::{
    Store, backbone,
    private::{PrivateError, PrivateServer},
};

use crate::support::{a_backbone, context};

#[derive(Debug)]
struct Wall;

impl Clock for Wall {
    fn now(&self) -> jiff::Timestamp {
        jiff::Timestamp::now()
    }
}

/// A directory that every user may pass through.
fn directory() -> tempfile::TempDir {
    let directory = tempfile::Builder::new().prefix("skx").tempdir_in("/tmp").unwrap();
    fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755)).unwrap();
    directory
}

async fn connect(server: &PrivateServer) -> Store {
    let store = Store::connect(server.url(), Arc::new(Wall)).await.unwrap();
    store.migrate().await.unwrap();
    store
}

async fn make(server: &PrivateServer, called: &str) {
    let store = connect(server).await;
    let mut tx = store.begin(&context()).await.unwrap();
    a_backbone(&mut tx, called).await;
    tx.commit().await.unwrap();
    store.close().await;
}

fn is_root() -> bool {
    fs::metadata("/proc/self").unwrap().uid() == 0
}

fn postmaster(data: &Path) -> Option<u32> {
    fs::read_to_string(data.join("postmaster.pid")).ok()?.lines().next()?.parse().ok()
}

fn is_running(pid: u32, data: &Path) -> bool {
    fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|cwd| cwd == data)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_written_is_there_after_a_stop_and_nothing_runs_in_between() {
    let directory = directory();
    let home = directory.path().join("pg");
    let server = PrivateServer::start(&home).await.unwrap();
    make(&server, "kept").await;
    let data = home.join("data");
    let pid = postmaster(&data).unwrap();
    if is_root() {
        assert_ne!(fs::metadata(format!("/proc/{pid}")).unwrap().uid(), 0, "the server is unprivileged");
    }
    // Nothing but the socket, and that for nobody else.
    let inodes = sockets_of(pid);
    for table in ["/proc/net/tcp", "/proc/net/tcp6"] {
        let listening = fs::read_to_string(table).unwrap_or_default();
        assert!(!listening.lines().any(|line| inodes.iter().any(|inode| line.contains(&format!(" {inode} ")))));
    }
    assert_eq!(fs::metadata(home.join("socket")).unwrap().mode() & 0o777, 0o700);
    assert_eq!(fs::metadata(&data).unwrap().mode() & 0o777, 0o700);
    server.stop().await;
    assert!(!is_running(pid, &data));
    assert_eq!(postmaster(&data), None, "it was stopped, not killed");

    let server = PrivateServer::start(&home).await.unwrap();
    backbone::find(&connect(&server).await, "kept").await.unwrap();
    server.stop().await;
}

/// The inodes of a process's sockets.
fn sockets_of(pid: u32) -> Vec<String> {
    let descriptors = fs::read_dir(format!("/proc/{pid}/fd")).unwrap().flatten();
    descriptors
        .filter_map(|entry| fs::read_link(entry.path()).ok())
        .filter_map(|link| Some(link.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned()))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_serves_one_controller() {
    let directory = directory();
    let home = directory.path().join("pg");
    let server = PrivateServer::start(&home).await.unwrap();
    let error = PrivateServer::start(&home).await.unwrap_err();
    assert!(matches!(error, PrivateError::InUse { process: Some(pid), .. } if pid == std::process::id()));
    let text = error.to_string();
    assert!(text.contains("in use by another controller") && text.contains(&*home.to_string_lossy()), "{text}");
    server.stop().await;
    PrivateServer::start(&home).await.unwrap().stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_of_a_killed_controller_is_found_and_its_data_kept() {
    let directory = directory();
    let home = directory.path().join("pg");
    let server = PrivateServer::start(&home).await.unwrap();
    make(&server, "kept").await;
    server.stop().await;
    let mut controller = Command::new(env!("CARGO_BIN_EXE_private-server"));
    let mut controller = controller.arg(&home).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(controller.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().ends_with("ready")), "it said that it is ready");
    controller.kill().unwrap();
    controller.wait().unwrap();
    let data = home.join("data");
    let orphan = postmaster(&data).unwrap();
    assert!(is_running(orphan, &data), "the server outlived its controller");

    let server = PrivateServer::start(&home).await.unwrap();
    assert!(!is_running(orphan, &data), "it was stopped");
    backbone::find(&connect(&server).await, "kept").await.unwrap();
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_dies_is_started_again() {
    let directory = directory();
    let home = directory.path().join("pg");
    let server = PrivateServer::start(&home).await.unwrap();
    make(&server, "kept").await;
    let store = connect(&server).await;
    let data = home.join("data");
    let first = postmaster(&data).unwrap();
    let killed = Command::new("kill").args(["-KILL", &first.to_string()]).status().unwrap();
    assert!(killed.success());
    // Operations fail until it is back; each waits as long as it may, so this takes a few attempts at most.
    loop {
        match backbone::find(&store, "kept").await {
            // A process of the old server may answer once more.
            Ok(_) if postmaster(&data) == Some(first) => {}
            Ok(_) => break,
            Err(error) => assert!(error.is_unavailable(), "{error:?}"),
        }
    }
    store.close().await;
    server.stop().await;
    assert_eq!(postmaster(&data), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_of_another_version_is_refused_in_words() {
    let directory = directory();
    let home = directory.path().join("pg");
    PrivateServer::start(&home).await.unwrap().stop().await;
    fs::write(home.join("data/PG_VERSION"), "9\n").unwrap();
    let error = PrivateServer::start(&home).await.unwrap_err();
    assert!(matches!(&error, PrivateError::VersionDiffers { cluster, .. } if cluster == "9"), "{error}");
    assert!(error.to_string().contains("was made by PostgreSQL 9"));
    fs::remove_file(home.join("data/PG_VERSION")).unwrap();
    let error = PrivateServer::start(&home).await.unwrap_err();
    assert!(matches!(error, PrivateError::NotACluster(_)), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_while_the_cluster_was_made_does_no_harm() {
    let directory = directory();
    let home = directory.path().join("pg");
    fs::create_dir_all(home.join("data.new/base")).unwrap();
    fs::write(home.join("data.new/PG_VERSION"), "15\n").unwrap();
    let server = PrivateServer::start(&home).await.unwrap();
    make(&server, "kept").await;
    assert!(!home.join("data.new").exists());
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_file_of_a_server_that_is_gone_does_not_hinder_the_next() {
    let directory = directory();
    let home = directory.path().join("pg");
    PrivateServer::start(&home).await.unwrap().stop().await;
    // As after a restart of a container: the number is now another process's, even one of the same user.
    let data = home.join("data");
    let mut command = Command::new("sleep");
    let owner = fs::metadata(&data).unwrap();
    if is_root() {
        std::os::unix::process::CommandExt::uid(&mut command, owner.uid());
    }
    let mut other = command.arg("600").spawn().unwrap();
    let file = data.join("postmaster.pid");
    fs::write(&file, format!("{}\n{}\n1700000000\n5432\n\n\n\nready\n", other.id(), data.display())).unwrap();
    std::os::unix::fs::chown(&file, Some(owner.uid()), Some(owner.gid())).unwrap();
    PrivateServer::start(&home).await.unwrap().stop().await;
    assert!(other.try_wait().unwrap().is_none(), "the other process is left alone");
    other.kill().unwrap();
    other.wait().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_too_long_for_a_socket_gets_a_shorter_one() {
    let directory = directory();
    let home = directory.path().join("d".repeat(60)).join("e, \"f\" 'g' %h".repeat(3)).join("pg");
    let server = PrivateServer::start(&home).await.unwrap();
    make(&server, "kept").await;
    let socket = PathBuf::from(fs::read_to_string(home.join("socket-directory")).unwrap().trim_end());
    assert!(socket.join(".s.PGSQL.5432").exists());
    assert_eq!(fs::metadata(&socket).unwrap().mode() & 0o777, 0o700);
    server.stop().await;
    assert!(!socket.exists(), "it leaves nothing behind");
    let server = PrivateServer::start(&home).await.unwrap();
    backbone::find(&connect(&server).await, "kept").await.unwrap();
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_with_odd_characters_works() {
    let directory = directory();
    let home = directory.path().join("a, \"b\" 'c' %d + ü?#");
    let server = PrivateServer::start(&home).await.unwrap();
    make(&server, "kept").await;
    assert!(home.join("socket/.s.PGSQL.5432").exists());
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn as_root_a_directory_closed_to_the_servers_user_keeps_its_cluster_elsewhere() {
    if !is_root() {
        // Only root runs the server as somebody else.
        return;
    }
    let directory = directory();
    let closed = directory.path().join("closed");
    let home = closed.join("pg");
    fs::create_dir(&closed).unwrap();
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o700)).unwrap();
    let server = PrivateServer::start(&home).await.unwrap();
    make(&server, "kept").await;
    let location = PathBuf::from(fs::read_to_string(home.join("location")).unwrap().trim_end());
    assert!(location.starts_with("/var/lib/skx") && location.join("data/PG_VERSION").exists());
    server.stop().await;
    let server = PrivateServer::start(&home).await.unwrap();
    backbone::find(&connect(&server).await, "kept").await.unwrap();
    server.stop().await;
    // When it is gone, nobody begins with an empty one unasked.
    fs::remove_dir_all(&location).unwrap();
    let error = PrivateServer::start(&home).await.unwrap_err();
    assert!(matches!(error, PrivateError::Gone { .. }), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_that_takes_long_ends_when_it_is_told_to_and_leaves_nothing_running() {
    let directory = directory();
    let home = directory.path().join("pg");
    PrivateServer::start(&home).await.unwrap().stop().await;
    // A standby that serves nobody: it runs, and never accepts a connection.
    let data = home.join("data");
    fs::write(data.join("standby.signal"), "").unwrap();
    fs::write(data.join("postgresql.auto.conf"), "hot_standby = off\n").unwrap();
    let mut pid = None;
    let shutdown = async {
        while pid.is_none() {
            tokio::task::yield_now().await;
            pid = postmaster(&data);
        }
    };
    assert!(PrivateServer::start_until(&home, shutdown).await.unwrap().is_none());
    assert!(!is_running(pid.unwrap(), &fs::canonicalize(&data).unwrap()));
    // And it can be started again.
    fs::remove_file(data.join("standby.signal")).unwrap();
    let server = PrivateServer::start(&home).await.unwrap();
    make(&server, "after").await;
    server.stop().await;
}
