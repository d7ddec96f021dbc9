//! The configuration of `incamera serve`: a TOML file, and flags that override it.

use crate::failure::Failure;
use incamera_server::{Config, Limits};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What a file may say. What it doesn't say is as without a file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct File {
    pub(crate) listen: Option<SocketAddr>,
    pub(crate) media: Option<SocketAddr>,
    pub(crate) data: Option<PathBuf>,
    pub(crate) lan: Option<bool>,
    pub(crate) open: Option<bool>,
    pub(crate) cert: Option<PathBuf>,
    pub(crate) key: Option<PathBuf>,
    #[serde(default)]
    pub(crate) advertise: Vec<IpAddr>,
    #[serde(default)]
    pub(crate) origin: Vec<String>,
    pub(crate) domain: Option<String>,
    #[serde(default)]
    limits: BTreeMap<String, toml::Value>,
}

/// A limit: its name, the range of its values, and where it stands.
struct Setting {
    key: &'static str,
    least: u64,
    most: u64,
    meaning: &'static str,
    get: fn(&Config) -> u64,
    set: fn(&mut Config, u64),
}

/// So large that it is none.
const UNBOUNDED: u64 = 1_000_000_000;

const SETTINGS: &[Setting] = &[
    Setting {
        key: "people_per_room",
        least: 2,
        most: 4000,
        meaning: "people with sound or picture in one room",
        get: |config| config.limits.media.sessions_per_room as u64,
        set: |config, value| config.limits.media.sessions_per_room = size(value),
    },
    Setting {
        key: "people",
        least: 2,
        most: 100_000,
        meaning: "people with sound or picture on this server",
        get: |config| config.limits.media.sessions as u64,
        set: |config, value| config.limits.media.sessions = size(value),
    },
    Setting {
        key: "talks",
        least: 1,
        most: UNBOUNDED,
        meaning: "talks that are kept, those destroyed apart",
        get: |config| config.limits.max_talks,
        set: |config, value| config.limits.max_talks = value,
    },
    Setting {
        key: "talks_at_once_per_address",
        least: 1,
        most: 1_000_000,
        meaning: "new talks from one address in one go; two more each second",
        get: |config| u64::from(config.limits.talks.burst),
        set: |config, value| config.limits.talks.burst = number(value),
    },
    Setting {
        key: "kilobits_per_sender",
        least: 64,
        most: 1_000_000,
        meaning: "what one person may send in kilobits each second; more is dropped",
        get: |config| config.limits.media.bits_per_sender.unwrap_or(0) / 1000,
        set: |config, value| config.limits.media.bits_per_sender = Some(value * 1000),
    },
    Setting {
        key: "connections",
        least: 2,
        most: 1_000_000,
        meaning: "connections of pages (WebSockets)",
        get: |config| config.limits.sockets as u64,
        set: |config, value| config.limits.sockets = size(value),
    },
    Setting {
        key: "connections_per_address",
        least: 1,
        most: 1_000_000,
        meaning: "of these from one address (IPv6: one /64); raise it behind a proxy",
        get: |config| config.limits.sockets_per_address as u64,
        set: |config, value| config.limits.sockets_per_address = size(value),
    },
    Setting {
        key: "messages_per_second",
        least: 5,
        most: 1_000_000,
        meaning: "messages of one connection, in the long run",
        get: |config| u64::from(config.limits.messages.per_second),
        set: |config, value| config.limits.messages.per_second = number(value),
    },
    Setting {
        key: "messages_at_once",
        least: 20,
        most: 1_000_000,
        meaning: "messages of one connection in one go",
        get: |config| u64::from(config.limits.messages.burst),
        set: |config, value| config.limits.messages.burst = number(value),
    },
    Setting {
        key: "kilobytes_per_second",
        least: 64,
        most: 1_000_000,
        meaning: "size of one connection's messages, in the long run",
        get: |config| u64::from(config.limits.bytes.per_second) / 1024,
        set: |config, value| config.limits.bytes.per_second = number(value * 1024),
    },
    Setting {
        key: "keep_seconds",
        least: 0,
        most: 600,
        meaning: "how long the place of somebody whose connection was lost is kept",
        get: |config| config.limits.keep.as_secs(),
        set: |config, value| {
            config.limits.keep = Duration::from_secs(value);
            config.limits.media.keep = Duration::from_secs(value.max(1));
        },
    },
    Setting {
        key: "data_megabytes",
        least: 0,
        most: UNBOUNDED,
        meaning: "size of the talks' entries on the disk; 0: as the disk goes",
        get: |config| config.max_data_bytes.unwrap_or(0) / MEGABYTE,
        set: |config, value| {
            config.max_data_bytes = (value > 0).then_some(value * MEGABYTE);
        },
    },
];

const MEGABYTE: u64 = 1024 * 1024;

/// In the range of its setting, which is smaller.
fn size(value: u64) -> usize {
    usize::try_from(value).unwrap_or(usize::MAX)
}

fn number(value: u64) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

impl File {
    /// Reads a file; what is wrong in it is said with its line or key.
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        let name = path.display();
        let text = std::fs::read_to_string(path).map_err(|error| {
            Failure::new(format!(
                "the configuration {name} can't be read ({error}); check --config"
            ))
        })?;
        Self::parse(&text, &name.to_string())
    }

    fn parse(text: &str, name: &str) -> Result<Self, Failure> {
        toml::from_str(text).map_err(|error: toml::de::Error| {
            let line = error.span().map(|span| {
                let before = text.get(..span.start).unwrap_or(text);
                before.matches('\n').count() + 1
            });
            let place = line.map_or(String::new(), |line| format!(", line {line}"));
            let reason = error.message().replace('\n', " ");
            Failure::new(format!(
                "the configuration {name}{place} is wrong: {reason}; `incamera serve --print-config` shows a right one"
            ))
        })
    }

    /// Puts its limits into the configuration.
    pub(crate) fn apply_limits(&self, name: &str, config: &mut Config) -> Result<(), Failure> {
        for (key, value) in &self.limits {
            let place = format!("limits.{key} in {name}");
            apply(config, key, value.as_integer(), &value.to_string(), &place)?;
        }
        Ok(())
    }
}

/// Puts one limit of the command line, `KEY=NUMBER`, into the configuration.
pub(crate) fn apply_flag(flag: &str, config: &mut Config) -> Result<(), Failure> {
    let Some((key, value)) = flag.split_once('=') else {
        let sentence = format!("--limit {flag} has no value; write --limit {flag}=NUMBER");
        return Err(Failure::new(sentence));
    };
    let place = format!("--limit {key}");
    apply(config, key, value.parse().ok(), value, &place)
}

fn apply(
    config: &mut Config,
    key: &str,
    number: Option<i64>,
    written: &str,
    place: &str,
) -> Result<(), Failure> {
    let Some(setting) = SETTINGS.iter().find(|setting| setting.key == key) else {
        let known: Vec<_> = SETTINGS.iter().map(|setting| setting.key).collect();
        let known = known.join(", ");
        return Err(Failure::new(format!(
            "{place} is no limit; there are {known}"
        )));
    };
    let (least, most) = (setting.least, setting.most);
    match number.and_then(|number| u64::try_from(number).ok()) {
        Some(value) if (least..=most).contains(&value) => {
            (setting.set)(config, value);
            Ok(())
        }
        _ => Err(Failure::new(format!(
            "{place} is {written}; it must be a whole number from {least} to {most}"
        ))),
    }
}

/// The defaults as a configuration file, with what each means.
pub(crate) fn print_defaults() -> String {
    let config = Config {
        limits: Limits::default(),
        ..Config::new(PathBuf::new())
    };
    let mut text = format!(
        "\
# Configuration of `incamera serve --config FILE`. These are the defaults; what a flag says goes
# before what stands here.

# Address and port of the page and its WebSockets, and of media, UDP and TCP.
listen = \"{listen}\"
media = \"{media}\"
# Folder of the talks' sealed entries; without it this user's data folder.
# data = \"/var/lib/incamera\"

# HTTPS on a local network with a certificate of the server's own: then listen and media are
# \"0.0.0.0:8443\" unless they stand here.
lan = false
# Everybody who reaches the server may propose talks, not only who has the operator's token.
open = false
# Certificate with its chain, and private key, in PEM.
# cert = \"/etc/incamera/cert.pem\"
# key = \"/etc/incamera/key.pem\"
# Name that the server is reached by; further origins of its pages, as behind a proxy; addresses
# that media is reached by from outside, as behind NAT.
# domain = \"talks.example.org\"
origin = []
advertise = []

# What exceeds one of these is refused, with a reason, and counted. `--limit KEY=NUMBER` is the flag.
[limits]
",
        listen = config.listen,
        media = config.media,
    );
    for setting in SETTINGS {
        let (meaning, least, most) = (setting.meaning, setting.least, setting.most);
        let range = match most {
            UNBOUNDED => format!("from {least}"),
            _ => format!("{least} to {most}"),
        };
        let value = (setting.get)(&config);
        let key = setting.key;
        let _ = writeln!(text, "# {meaning} ({range})\n{key} = {value}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> Config {
        Config::new(PathBuf::new())
    }

    #[test]
    fn what_is_printed_is_what_is_the_default() {
        let file = File::parse(&print_defaults(), "x").unwrap();
        let mut changed = config();
        // Other values, so that each default has to be put in.
        for setting in SETTINGS {
            (setting.set)(&mut changed, setting.least);
            assert_eq!((setting.get)(&changed), setting.least, "{}", setting.key);
        }
        file.apply_limits("x", &mut changed).unwrap();
        for setting in SETTINGS {
            let value = (setting.get)(&changed);
            assert_eq!(value, (setting.get)(&config()), "{}", setting.key);
            assert!((setting.least..=setting.most).contains(&value));
            (setting.set)(&mut changed, setting.most);
            assert_eq!((setting.get)(&changed), setting.most, "{}", setting.key);
        }
        assert_eq!(file.listen, Some(config().listen));
        assert_eq!(file.media, Some(config().media));
    }

    #[track_caller]
    fn check(text: &str, names: &[&str]) {
        let refused = File::parse(text, "file.toml")
            .and_then(|file| file.apply_limits("file.toml", &mut config()))
            .unwrap_err()
            .to_string();
        for name in names {
            assert!(refused.contains(name), "{refused}");
        }
        assert_eq!(refused.lines().count(), 1, "{refused}");
    }

    #[test]
    fn what_is_wrong_is_named_with_its_key_and_range() {
        check(
            "[limits]\npeople_per_room = 1",
            &["limits.people_per_room", "1;", "2 to 4000", "file.toml"],
        );
        check("[limits]\ntalks = -1", &["limits.talks", "-1", "1 to"]);
        check(
            "[limits]\ntalks = \"many\"",
            &["limits.talks", "many", "whole number"],
        );
        check(
            "[limits]\nnothing = 1",
            &["limits.nothing", "people_per_room"],
        );
        check("\nlisten = \"here\"", &["line 2", "file.toml"]);
        check("unknown = 1", &["line 1", "unknown"]);
        check("listen = ", &["line 1"]);
    }

    #[test]
    fn flags_are_read_the_same_way() {
        let mut changed = config();
        apply_flag("people_per_room=12", &mut changed).unwrap();
        assert_eq!(changed.limits.media.sessions_per_room, 12);
        for (flag, named) in [
            ("people_per_room", "--limit people_per_room=NUMBER"),
            ("people_per_room=0", "from 2 to 4000"),
            ("people_per_room=a", "whole number"),
            ("nothing=1", "there are people_per_room"),
        ] {
            let refused = apply_flag(flag, &mut changed).unwrap_err().to_string();
            assert!(refused.contains(named), "{refused}");
        }
    }
}
