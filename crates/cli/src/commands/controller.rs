mod oidc;

use std::path::{Path, PathBuf};

use clap::Args;
use controller::{Config, DataDirError, InvalidConfig, StartError};
use jiff::SignedDuration;
use model::HostPort;
use render::{Image, ProgramUrl, Sha256};
use secrecy::SecretString;
use serde::Deserialize;
use tokio::{signal::unix::SignalKind, sync::watch};
use tokio_util::sync::CancellationToken;
use trace::Endpoint;

use crate::{
    commands::join,
    context,
    failure::{Code, Failure},
    output,
    values::duration,
};

/// `skx controller`.
#[derive(Args, Clone, Debug, Default)]
#[command(after_help = "At its first start it writes into DIR: admin.token (who holds it may do everything), ca.crt \
    (what clients give as --ca), metrics.token (it opens /metrics and nothing else) and, unless --key-file is given, \
    kek (without it the keys of the certificate authorities in the database cannot be read: keep a copy elsewhere).\n\n\
    While the database is away, a controller that starts waits for it; with --check that is exit code 6.\n\n\
    The configuration file is TOML, with the names of the options: data_dir, database_url, listen, key_file, otlp_endpoint, \
    trust_validity, leaf_lifetime, authority_lifetime, renewal_grace, audit_retention, release_image, release_program, release_program_sha256. Options come before the environment, and the environment before the file. In the file alone, the table oidc names the identity provider whose persons may sign in. docs/schemas/controller.json is its schema.\n\n\
    Example:\n  skx controller --data-dir /var/lib/skx/controller --listen 0.0.0.0:8443")]
pub(crate) struct Controller {
    /// The controller's own directory; made when it does not exist.
    #[arg(long, env = "SKX_DATA_DIR", value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// PostgreSQL, postgres://…; a private one in the data directory, unless given.
    #[arg(long, env = "SKX_DATABASE_URL", hide_env_values = true, value_name = "URL")]
    database_url: Option<SecretString>,
    /// Where the API listens; 127.0.0.1:8443 unless given.
    #[arg(long, env = "SKX_LISTEN", value_name = "HOST:PORT")]
    listen: Option<HostPort>,
    /// The file with the key-encryption key; DIR/kek, made at the first start, unless given.
    #[arg(long, env = "SKX_KEY_FILE", value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// The collector that is told of traces by OTLP over HTTP; nobody is, unless given.
    #[arg(long, env = "SKX_OTLP_ENDPOINT", value_name = "URL")]
    otlp_endpoint: Option<Endpoint>,
    /// For how long a trust document is valid, 1m to 30d; 1d unless given.
    #[arg(long, env = "SKX_TRUST_VALIDITY", value_name = "DURATION", value_parser = duration)]
    trust_validity: Option<SignedDuration>,
    /// For how long certificates of sites and controllers are valid, at most, 10s to 365d; 30d unless given.
    #[arg(long, env = "SKX_LEAF_LIFETIME", value_name = "DURATION", value_parser = duration)]
    leaf_lifetime: Option<SignedDuration>,
    /// For how long Backbone CAs and network CAs are valid, at most, six times --leaf-lifetime to 10950d; 3650d unless given.
    #[arg(long, env = "SKX_AUTHORITY_LIFETIME", value_name = "DURATION", value_parser = duration)]
    authority_lifetime: Option<SignedDuration>,
    /// For how long members that were away may have certificates renewed that have expired, 0s to 365d; as long as --leaf-lifetime, unless given.
    #[arg(long, env = "SKX_RENEWAL_GRACE", value_name = "DURATION", value_parser = duration)]
    renewal_grace: Option<SignedDuration>,
    /// For how long events stay in the audit chain, 1d to 36500d; for ever, unless given. They leave by signed cuts.
    #[arg(long, env = "SKX_AUDIT_RETENTION", value_name = "DURATION", value_parser = duration)]
    audit_retention: Option<SignedDuration>,
    /// The container image with skx, with its digest, that rendered invitations name; without it they are rendered for no containers.
    #[arg(long, env = "SKX_RELEASE_IMAGE", value_name = "IMAGE@sha256:DIGEST")]
    release_image: Option<Image>,
    /// Where those who are invited get the program skx, https://…; its digest is given as --release-program-sha256.
    #[arg(long, env = "SKX_RELEASE_PROGRAM", value_name = "URL")]
    release_program: Option<ProgramUrl>,
    /// The SHA-256 digest of what is at --release-program.
    #[arg(long, env = "SKX_RELEASE_PROGRAM_SHA256", value_name = "DIGEST")]
    release_program_sha256: Option<Sha256>,
    /// A configuration file, TOML.
    #[arg(long, env = "SKX_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// Check the configuration, say what it amounts to, and end.
    #[arg(long)]
    check: bool,
}

impl Controller {
    /// How a controller would run that is told no more than this.
    pub(crate) fn at(
        data_dir: Option<PathBuf>,
        database_url: Option<SecretString>,
        key_file: Option<PathBuf>,
        config: Option<PathBuf>,
    ) -> Result<Config, Failure> {
        configuration(Self { data_dir, database_url, key_file, config, ..Self::default() })
    }
}

/// The configuration file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    data_dir: Option<PathBuf>,
    database_url: Option<SecretString>,
    listen: Option<HostPort>,
    key_file: Option<PathBuf>,
    otlp_endpoint: Option<Endpoint>,
    trust_validity: Option<Span>,
    leaf_lifetime: Option<Span>,
    authority_lifetime: Option<Span>,
    renewal_grace: Option<Span>,
    audit_retention: Option<Span>,
    release_image: Option<Image>,
    release_program: Option<ProgramUrl>,
    release_program_sha256: Option<Sha256>,
    oidc: Option<oidc::Oidc>,
}

/// A duration such as `30d`.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
struct Span(SignedDuration);

impl TryFrom<String> for Span {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        duration(&text).map(Self)
    }
}

fn read(path: &Path) -> Result<File, Failure> {
    let text = context::read(path)?;
    toml::from_str(&text)
        .map_err(|error| Failure::usage(format_args!("the configuration file {}: {error}", path.display())))
}

fn configuration(args: Controller) -> Result<Config, Failure> {
    let file = args.config.as_deref().map(read).transpose()?.unwrap_or_default();
    let data_dir = args.data_dir.or(file.data_dir).ok_or_else(|| {
        Failure::usage("no data directory; give --data-dir DIR (SKX_DATA_DIR, or data_dir in the file)")
    })?;
    let listen = args.listen.or(file.listen).unwrap_or_else(|| {
        format!("127.0.0.1:{}", Config::DEFAULT_PORT).parse().expect("an address with a port that is not 0")
    });
    let mut config = Config::new(data_dir, listen);
    config.database_url = args.database_url.or(file.database_url);
    config.key_file = args.key_file.or(file.key_file);
    config.otlp_endpoint = args.otlp_endpoint.or(file.otlp_endpoint);
    let span =
        |given: Option<SignedDuration>, file: Option<Span>, default| given.or(file.map(|f| f.0)).unwrap_or(default);
    config.trust_validity = span(args.trust_validity, file.trust_validity, config.trust_validity);
    config.leaf_lifetime = span(args.leaf_lifetime, file.leaf_lifetime, config.leaf_lifetime);
    config.authority_lifetime = span(args.authority_lifetime, file.authority_lifetime, config.authority_lifetime);
    config.renewal_grace = args.renewal_grace.or(file.renewal_grace.map(|span| span.0));
    config.audit_retention = args.audit_retention.or(file.audit_retention.map(|span| span.0));
    config.release_image = args.release_image.or(file.release_image);
    let url = args.release_program.or(file.release_program);
    config.release_program = match (url, args.release_program_sha256.or(file.release_program_sha256)) {
        (Some(url), Some(digest)) => Some((url, digest)),
        (None, None) => None,
        _ => {
            return Err(Failure::usage("give both --release-program and --release-program-sha256, or neither")
                .how("in the file the same is release_program, release_program_sha256"));
        }
    };
    config.identity_provider = file.oidc.map(oidc::Oidc::read).transpose()?;
    config.check().map_err(|error| match error {
        InvalidConfig::IdentityProvider(_) => Failure::usage(error),
        _ => Failure::usage(error).how(
            "in the file the same is trust_validity, leaf_lifetime, authority_lifetime, renewal_grace, audit_retention",
        ),
    })?;
    Ok(config)
}

pub(crate) async fn run(args: Controller) -> Result<(), Failure> {
    let check = args.check;
    let config = configuration(args.clone())?;
    if check {
        controller::check(&config).await.map_err(failed)?;
        let database = match &config.database_url {
            Some(_) => "the one given",
            None => "a private one in the data directory",
        };
        let provider = match &config.identity_provider {
            Some(provider) => format!("persons of {}", provider.provider.issuer),
            None => "local users only".to_owned(),
        };
        return output::text(&format!(
            "data directory: {}\ndatabase:       {database}\nlisten:         {}\nsign-in:        {provider}\n\
             the configuration is sound\n",
            config.data_dir.display(),
            config.listen
        ));
    }
    let shutdown = CancellationToken::new();
    let asked = join::end_signal()?;
    let mut hangup = join::received(SignalKind::hangup())?;
    let (changed, changes) = watch::channel(config.clone());
    let stop = tokio::spawn({
        let shutdown = shutdown.clone();
        async move {
            asked.await;
            tracing::info!("the controller is asked to end, and finishes what is under way");
            shutdown.cancel();
        }
    });
    let reload = tokio::spawn(async move {
        while hangup.recv().await.is_some() {
            match configuration(args.clone()) {
                Ok(config) => changed.send_replace(config),
                Err(failure) => {
                    tracing::error!(reason = %failure, "the configuration is not sound; the one before stays");
                    continue;
                }
            };
        }
    });
    let outcome = controller::run_reloading(config, changes, shutdown).await;
    stop.abort();
    reload.abort();
    outcome.map_err(failed)
}

fn failed(error: StartError) -> Failure {
    let code = match error {
        StartError::WrongKey { .. } | StartError::NoKey { .. } | StartError::Evicted { .. } => Code::Conflict,
        StartError::Config(_) | StartError::DatabaseUrl(_) => Code::Usage,
        StartError::DataDir(DataDirError::NoKeyFile(_)) => Code::NotFound,
        StartError::Database { ref source, .. } if source.is_unavailable() => Code::Unreachable,
        StartError::IdentityProvider(_) => Code::Unreachable,
        StartError::DataDir(DataDirError::InUse(_)) => Code::Conflict,
        _ => Code::Failed,
    };
    Failure::new(code, join::chain(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_file(text: &str, args: Controller) -> Result<Config, Failure> {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("controller.toml");
        std::fs::write(&path, text).expect("writes");
        configuration(Controller { config: Some(path), ..args })
    }

    #[test]
    fn options_that_are_shown_show_no_password() {
        let args = Controller { database_url: Some("postgres://skx:hunter2@db/skx".into()), ..Controller::default() };
        let file: File = toml::from_str("database_url = 'postgres://skx:hunter2@db/skx'").expect("sound");
        let shown = format!("{args:?} {file:?}");
        assert!(shown.contains("database_url") && !shown.contains("hunter2"), "{shown}");
    }

    #[test]
    fn the_published_schema_has_every_key_and_its_examples_are_accepted() {
        let schema: serde_json::Value =
            serde_json::from_str(include_str!("../../../../docs/schemas/controller.json")).expect("JSON");
        let properties = schema["properties"].as_object().expect("keys");
        let unknown = toml::from_str::<File>("no_such_key = 1").expect_err("refused").to_string();
        let known: std::collections::BTreeSet<&str> =
            unknown.split('`').skip(1).step_by(2).filter(|name| *name != "no_such_key").collect();
        assert_eq!(known, properties.keys().map(String::as_str).collect());
        let mut examples: toml::Table = properties
            .iter()
            .map(|(name, property)| (name.clone(), toml::Value::try_from(&property["examples"][0]).expect("TOML")))
            .collect();
        // The files it names are on no machine.
        let provider = examples["oidc"].as_table_mut().expect("a table");
        provider.remove("client_secret_file").expect("an example");
        provider.remove("ca_file").expect("an example");
        with_file(&examples.to_string(), Controller::default()).expect("every example together");
    }

    #[test]
    fn the_published_schema_has_every_key_of_an_identity_provider() {
        let schema: serde_json::Value =
            serde_json::from_str(include_str!("../../../../docs/schemas/controller.json")).expect("JSON");
        let oidc = &schema["properties"]["oidc"];
        let properties = oidc["properties"].as_object().expect("keys");
        let unknown = toml::from_str::<File>("[oidc]\nno_such_key = 1").expect_err("refused").to_string();
        let said = unknown.rsplit_once("expected one of").expect("it says what there is").1;
        let known: std::collections::BTreeSet<&str> = said.split('`').skip(1).step_by(2).collect();
        assert_eq!(known, properties.keys().map(String::as_str).collect());
        assert_eq!(known, oidc["examples"][0].as_object().expect("keys").keys().map(String::as_str).collect());
    }

    #[test]
    fn options_come_before_the_file() {
        let text = "data_dir = '/a'\nlisten = '0.0.0.0:1'\ntrust_validity = '2h'";
        let config =
            with_file(text, Controller { listen: Some("[::1]:2".parse().expect("address")), ..Controller::default() })
                .expect("sound");
        assert_eq!(config.data_dir, Path::new("/a"));
        assert_eq!(config.listen.to_string(), "[::1]:2");
        assert_eq!(config.trust_validity, SignedDuration::from_hours(2));
        assert_eq!(config.leaf_lifetime, Config::LEAF_LIFETIME);
    }

    #[test]
    fn unknown_keys_and_bad_values_are_refused_by_name() {
        for (text, said) in [
            ("data_dir = '/a'\nsurprise = 1", "surprise"),
            ("data_dir = '/a'\nlisten = 'here'", "HOST:PORT"),
            ("data_dir = '/a'\notlp_endpoint = 'collector:4318'", "http://"),
            ("data_dir = '/a'\nleaf_lifetime = '9s'", "leaf_lifetime"),
            ("data_dir = '/a'\naudit_retention = '1h'", "--audit-retention"),
            ("data_dir = '/a'\nleaf_lifetime = '366d'", "--leaf-lifetime"),
            ("data_dir = '/a'\ntrust_validity = '31d'", "--trust-validity"),
            ("data_dir = '/a'\ntrust_validity = '100000000d'", "30d"),
            ("data_dir = '/a'\nleaf_lifetime = 'long'", "30m"),
            ("data_dir = '/a'\nrelease_image = 'skx:latest'", "@sha256:"),
            ("data_dir = '/a'\nrelease_program = 'https://example.com/skx'", "--release-program-sha256"),
            ("data_dir = '/a'\nrelease_program = 'http://example.com/skx'", "https://"),
            ("data_dir = '/a'\n[oidc]\nissuer = 'https://id.example.com'", "client_id"),
            ("data_dir = '/a'\n[oidc]\nissuer = 'http://id.example.com'\nclient_id = 'skx'", "oidc.issuer"),
            ("data_dir = '/a'\n[oidc]\nissuer = 'https://id.example.com'\nclient_id = ''", "oidc.client_id"),
            ("data_dir = '/a'\n[oidc]\nissuer = 'https://i'\nclient_id = 'a'\nscopes = ['email']", "openid"),
            ("data_dir = '/a'\n[oidc]\nissuer = 'https://i'\nclient_id = 'a'\ngroups = {staff = 'No Name'}", "groups"),
            ("listen = '0.0.0.0:1'", "--data-dir"),
            ("data_dir = ", "controller.toml"),
        ] {
            let failure = with_file(text, Controller::default()).expect_err(text);
            assert_eq!(failure.code(), Code::Usage, "{text}");
            assert!(failure.report().contains(said), "{text}: {}", failure.report());
        }
    }
}
