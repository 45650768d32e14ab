use super::*;
use crate::pins;
use std::fs;

/// A crate that the lock file names.
const LOCKED: &str = "serde_json";
const URL: &str = "https://advisories.test/database";
const PASTE: (&str, &str) = ("RUSTSEC-2024-0436", "paste");

/// A database of advisories on this machine, and the project's configuration with that database in it.
struct Scene {
    folder: tempfile::TempDir,
    bench: Workbench,
}

impl Scene {
    /// With a database that holds these advisories: each its id, its crate, and what it has besides.
    fn set(advisories: &[(&str, &str, &str)]) -> Self {
        let scene = Self { folder: tempfile::tempdir().unwrap(), bench: bench() };
        let database = scene.folder.path().join("database");
        git(&["init", "--quiet", "--initial-branch=main"], &database);
        for (id, package, more) in advisories {
            let folder = database.join("crates").join(package);
            fs::create_dir_all(&folder).unwrap();
            let text = format!(
                "```toml\n[advisory]\nid = \"{id}\"\npackage = \"{package}\"\ndate = \"2024-10-07\"\n{more}\n\
                 [versions]\npatched = []\n```\n\n# A fault\n\nMade up for a test.\n"
            );
            fs::write(folder.join(format!("{id}.md")), text).unwrap();
        }
        git(&["add", "--all"], &database);
        let named = ["-c", "user.name=A test", "-c", "user.email=test@example.test"];
        git(&[&named[..], &["commit", "--quiet", "--allow-empty", "--message=Advisories"]].concat(), &database);
        scene
    }

    /// What comes of a check with deny.toml, changed so.
    fn audit(&self, change: impl Fn(String) -> String) -> Outcome {
        let project = fs::read_to_string(self.bench.project.join("deny.toml")).unwrap();
        let path = self.folder.path().join("fetched");
        let database = format!("[advisories]\ndb-path = {path:?}\ndb-urls = [\"{URL}\"]\n");
        assert!(project.contains("[advisories]\n"));
        let config = self.folder.path().join("deny.toml");
        fs::write(&config, change(project.replacen("[advisories]\n", &database, 1))).unwrap();
        self.audit_by(&config, |_| ())
    }

    /// What comes of a check with this configuration, when cargo-deny's command is changed so.
    fn audit_by(&self, config: &Path, change: impl Fn(&mut Command)) -> Outcome {
        // cargo-deny takes no address without a host's name, so git is told where that host is.
        let here = format!("url.{}.insteadOf", self.folder.path().join("database").display());
        let deny = |arguments: &[&str]| {
            let mut deny = deny(&self.bench, config, arguments);
            deny.envs([("GIT_CONFIG_COUNT", "1"), ("GIT_CONFIG_KEY_0", &here), ("GIT_CONFIG_VALUE_0", URL)]);
            change(&mut deny);
            deny
        };
        audit(deny, &self.folder.path().join("log"))
    }
}

fn git(arguments: &[&str], folder: &Path) {
    fs::create_dir_all(folder).unwrap();
    let status = Command::new("git").arg("-C").arg(folder).args(arguments).status();
    assert!(status.expect("these tests need git").success(), "{arguments:?}");
}

/// With the cargo-deny that the suite is run with.
fn bench() -> Workbench {
    let mut bench = Workbench::find().unwrap();
    let bin = bench.cache.join(format!("cargo-deny-{}/bin", pins::CARGO_DENY));
    assert!(bin.exists(), "cargo-deny is missing: type `cargo xtask setup --tests`");
    bench.bins.push(bin);
    bench
}

fn as_it_is(config: String) -> String {
    config
}

#[test]
fn a_lock_file_without_a_known_fault_passes() {
    let scene = Scene::set(&[("RUSTSEC-2024-9001", "a-crate-that-nobody-uses", "")]);
    assert_eq!(scene.audit(as_it_is), Ok(Tally::PASSED));
}

#[test]
fn a_crate_with_a_known_fault_fails_unless_it_is_ignored_with_a_reason() {
    let scene = Scene::set(&[("RUSTSEC-2024-9002", LOCKED, "")]);
    assert_eq!(scene.audit(as_it_is), Ok(Tally::FAILED));
    let ignored = |config: String| {
        config.replacen("ignore = [", "ignore = [{ id = \"RUSTSEC-2024-9002\", reason = \"a test's\" },", 1)
    };
    assert_eq!(scene.audit(ignored), Ok(Tally::PASSED));
}

#[test]
fn that_paste_is_unmaintained_is_ignored_and_would_fail_otherwise() {
    let (id, package) = PASTE;
    let scene = Scene::set(&[(id, package, "informational = \"unmaintained\"")]);
    assert_eq!(scene.audit(as_it_is), Ok(Tally::PASSED));
    assert_eq!(scene.audit(|config| config.replace(id, "RUSTSEC-2024-9003")), Ok(Tally::FAILED));
}

#[test]
fn a_database_that_cannot_be_fetched_is_no_result_and_no_failure() {
    let scene = Scene::set(&[]);
    fs::remove_dir_all(scene.folder.path().join("database")).unwrap();
    assert_eq!(scene.audit(as_it_is), Ok(Tally::NOT_RUN));
}

#[test]
fn what_cargo_deny_does_not_understand_is_a_failure() {
    let scene = Scene::set(&[("RUSTSEC-2024-9004", "a-crate-that-nobody-uses", "")]);
    let refused = scene.audit(|config| config.replacen("[advisories]\n", "[advisories]\nnot-a-setting = true\n", 1));
    assert!(refused.is_err(), "{refused:?}");
    assert_eq!(scene.audit(as_it_is), Ok(Tally::PASSED));
    for step in ["fetch", "check"] {
        let with_an_option = |deny: &mut Command| {
            if deny.get_args().any(|argument| argument == step) {
                deny.arg("--disable-fetch");
            }
        };
        let refused = scene.audit_by(&scene.folder.path().join("deny.toml"), with_an_option);
        assert!(refused.is_err(), "{step}: {refused:?}");
    }
}
