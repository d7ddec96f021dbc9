//! Which crate may depend on which: the seams of the architecture, enforced.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, bail};
use serde::Deserialize;

use crate::sh::{self, say};

/// Each crate of ours and those of ours that it may depend on, tests aside.
const ALLOWED: [(&str, &[&str]); 18] = [
    ("incamera-allocator", &[]),
    ("incamera-model", &[]),
    ("incamera-wire", &["incamera-model"]),
    ("incamera-talk", &["incamera-model"]),
    ("incamera-papers", &["incamera-talk", "incamera-model"]),
    ("incamera-e2ee", &["incamera-talk", "incamera-model"]),
    (
        "incamera-e2ee-wasm",
        &[
            "incamera-e2ee",
            "incamera-papers",
            "incamera-talk",
            "incamera-wire",
            "incamera-model",
        ],
    ),
    ("incamera-forwarder", &["incamera-model"]),
    ("incamera-sfu", &["incamera-forwarder", "incamera-model"]),
    ("incamera-log", &["incamera-model"]),
    (
        "incamera-server",
        &[
            "incamera-sfu",
            "incamera-log",
            "incamera-wire",
            "incamera-model",
        ],
    ),
    (
        "incamera-client",
        &[
            "incamera-wire",
            "incamera-e2ee",
            "incamera-talk",
            "incamera-model",
        ],
    ),
    (
        "incamera-sim",
        &[
            "incamera-wire",
            "incamera-e2ee",
            "incamera-talk",
            "incamera-forwarder",
            "incamera-sfu",
            "incamera-log",
            "incamera-model",
        ],
    ),
    ("incamera-impair", &[]),
    (
        "incamera-soak",
        &[
            "incamera-allocator",
            "incamera-client",
            "incamera-impair",
            "incamera-server",
        ],
    ),
    (
        "incamera",
        &["incamera-allocator", "incamera-server", "incamera-client"],
    ),
    ("xtask", &["incamera-wire"]),
    (
        "incamera-fuzz",
        &[
            "incamera-wire",
            "incamera-talk",
            "incamera-e2ee",
            "incamera-sfu",
        ],
    ),
];

/// What a crate must not reach through any chain of dependencies, tests aside.
const UNREACHABLE: [(&str, &[&str]); 7] = [
    // The server is blind: it has nothing that could open what it carries.
    (
        "incamera-server",
        &["incamera-e2ee", "incamera-talk", "openmls", "sframe"],
    ),
    // What makes a network bad is for tests.
    ("incamera", &["incamera-impair", "incamera-soak"]),
    // Pure crates have no sockets and no runtime.
    ("incamera-talk", &["tokio", "mio", "socket2"]),
    ("incamera-papers", &["tokio", "mio", "socket2"]),
    ("incamera-e2ee", &["tokio", "mio", "socket2"]),
    ("incamera-forwarder", &["tokio", "mio", "socket2", "str0m"]),
    ("incamera-sfu", &["tokio", "mio"]),
];

/// Features for tests only, which the binary that people get must not have.
const TEST_ONLY: [&str; 3] = ["test-hooks", "test-unsealed", "test-switches"];

/// Checks the workspace.
pub(crate) fn check() -> Result<()> {
    let json = sh::output(sh::cargo(["metadata", "--format-version=1", "--locked"]))?;
    let mut faults = judge(&serde_json::from_str(&json)?);
    let format = [
        "--edges=normal,build",
        "--prefix=none",
        "--format={p}|{f}",
        "--locked",
    ];
    let mut tree = sh::cargo(["tree", "--package=incamera"]);
    tree.args(format);
    faults.extend(judge_features(&sh::output(tree)?));
    if !faults.is_empty() {
        bail!("{}", faults.join("\n       "));
    }
    say("check-deps: the crates depend on each other as they may");
    Ok(())
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    workspace_members: Vec<String>,
    resolve: Resolve,
}

#[derive(Deserialize)]
struct Package {
    id: String,
    name: String,
}

#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    deps: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    pkg: String,
    dep_kinds: Vec<Kind>,
}

#[derive(Deserialize)]
struct Kind {
    /// `None` is an ordinary dependency, else "dev" or "build".
    kind: Option<String>,
}

fn judge(metadata: &Metadata) -> Vec<String> {
    let name: BTreeMap<&str, &str> = metadata
        .packages
        .iter()
        .map(|package| (package.id.as_str(), package.name.as_str()))
        .collect();
    let named = |id: &str| name.get(id).copied().unwrap_or("?").to_owned();
    let mut edges: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for node in &metadata.resolve.nodes {
        let to = node.deps.iter().filter(|dependency| !dependency.is_dev());
        edges
            .entry(named(&node.id))
            .or_default()
            .extend(to.map(|dependency| named(&dependency.pkg)));
    }
    let members: BTreeSet<String> = metadata
        .workspace_members
        .iter()
        .map(|id| named(id))
        .collect();
    let mut faults = Vec::new();
    for member in &members {
        let Some((_, allowed)) = ALLOWED.iter().find(|(crate_name, _)| crate_name == member) else {
            faults.push(format!(
                "{member} has no row in xtask/src/deps.rs: say what it may depend on"
            ));
            continue;
        };
        for dependency in edges.get(member).into_iter().flatten() {
            if members.contains(dependency) && !allowed.contains(&dependency.as_str()) {
                faults.push(format!("{member} must not depend on {dependency}"));
            }
        }
    }
    for (from, forbidden) in UNREACHABLE {
        for (reached, path) in reach(from, &edges) {
            if forbidden.contains(&reached.as_str()) {
                faults.push(format!("{from} must not reach {reached}, but does: {path}"));
            }
        }
    }
    faults
}

impl Dependency {
    fn is_dev(&self) -> bool {
        self.dep_kinds
            .iter()
            .all(|kind| kind.kind.as_deref() == Some("dev"))
    }
}

/// Everything that `from` reaches, with one path to each.
fn reach(from: &str, edges: &BTreeMap<String, BTreeSet<String>>) -> BTreeMap<String, String> {
    let mut reached = BTreeMap::from([(from.to_owned(), from.to_owned())]);
    let mut waiting = vec![from.to_owned()];
    while let Some(here) = waiting.pop() {
        let path = reached[&here].clone();
        for next in edges.get(&here).into_iter().flatten() {
            if !reached.contains_key(next) {
                reached.insert(next.clone(), format!("{path} -> {next}"));
                waiting.push(next.clone());
            }
        }
    }
    reached
}

/// Judges lines `package vX (path)|feature,feature` of the binary's dependencies.
fn judge_features(tree: &str) -> Vec<String> {
    let mut faults = BTreeSet::new();
    for line in tree.lines() {
        let Some((package, features)) = line.trim_end_matches(" (*)").split_once('|') else {
            continue;
        };
        for feature in features
            .split(',')
            .filter(|feature| TEST_ONLY.contains(feature))
        {
            let package = package.split(' ').next().unwrap_or(package);
            faults.insert(format!(
                "the binary has the test-only feature {package}/{feature}"
            ));
        }
    }
    faults.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made-up metadata of `from -> to` edges; `from ~> to` is a test's dependency.
    fn metadata(edges: &[&str]) -> Metadata {
        let mut nodes: BTreeMap<&str, Vec<Dependency>> = BTreeMap::new();
        for edge in edges {
            let words: Vec<&str> = edge.split(' ').collect();
            let kind = (words[1] == "~>").then(|| "dev".to_owned());
            nodes.entry(words[2]).or_default();
            nodes.entry(words[0]).or_default().push(Dependency {
                pkg: words[2].to_owned(),
                dep_kinds: vec![Kind { kind }],
            });
        }
        let ids = || nodes.keys().map(|name| (*name).to_owned());
        Metadata {
            packages: ids()
                .map(|id| Package {
                    name: id.clone(),
                    id,
                })
                .collect(),
            workspace_members: ids().filter(|id| id.starts_with("incamera")).collect(),
            resolve: Resolve {
                nodes: nodes
                    .into_iter()
                    .map(|(id, deps)| Node {
                        id: id.to_owned(),
                        deps,
                    })
                    .collect(),
            },
        }
    }

    fn check(edges: &[&str], expected: &[&str]) {
        assert_eq!(judge(&metadata(edges)), expected);
    }

    #[test]
    fn what_is_allowed_passes() {
        check(
            &[
                "incamera-server -> incamera-wire",
                "incamera-wire -> incamera-model",
            ],
            &[],
        );
        check(
            &[
                "incamera-server ~> incamera-client",
                "incamera-client -> incamera-e2ee",
            ],
            &[],
        );
    }

    #[test]
    fn a_crate_that_is_not_allowed_is_found() {
        check(
            &["incamera-model -> incamera-wire"],
            &["incamera-model must not depend on incamera-wire"],
        );
        check(
            &["incamera-new -> serde"],
            &["incamera-new has no row in xtask/src/deps.rs: say what it may depend on"],
        );
    }

    #[test]
    fn a_way_from_the_server_to_the_keys_is_found() {
        check(
            &["incamera-server -> helper", "helper -> openmls"],
            &[
                "incamera-server must not reach openmls, but does: incamera-server -> helper -> openmls",
            ],
        );
        check(
            &["incamera-server -> incamera-e2ee"],
            &[
                "incamera-server must not depend on incamera-e2ee",
                "incamera-server must not reach incamera-e2ee, but does: incamera-server -> incamera-e2ee",
            ],
        );
    }

    #[test]
    fn a_test_only_feature_is_found() {
        assert!(judge_features("incamera v0.1.0 (/x)|default\nserde v1|default,std").is_empty());
        assert_eq!(
            judge_features(
                "incamera v0.1.0 (/x)|\nincamera-sfu v0.1.0 (/x)|default,test-hooks (*)"
            ),
            ["the binary has the test-only feature incamera-sfu/test-hooks"]
        );
    }
}
