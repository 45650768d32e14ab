use super::*;
use crate::versions;
use std::fs;

/// A crate in the lock file.
const LOCKED: &str = "serde_json";
const URL: &str = "https://advisories.test/database";
const PASTE: (&str, &str) = ("RUSTSEC-2024-0436", "paste");

/// A local database of advisories, and the project's configuration with that database.
struct AdvisoryFixture {
    folder: tempfile::TempDir,
    env: Env,
}

impl AdvisoryFixture {
    /// Advisories are given as id, crate, and further lines of TOML.
    fn with(advisories: &[(&str, &str, &str)]) -> Self {
        let fixture = Self { folder: tempfile::tempdir().unwrap(), env: env() };
        let database = fixture.folder.path().join("database");
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
        fixture
    }

    /// The result of a check with deny.toml after `change`.
    fn audit(&self, change: impl Fn(String) -> String) -> SuiteResult {
        let project = fs::read_to_string(self.env.project.join("deny.toml")).unwrap();
        let path = self.folder.path().join("fetched");
        let database = format!("[advisories]\ndb-path = {path:?}\ndb-urls = [\"{URL}\"]\n");
        assert!(project.contains("[advisories]\n"));
        let config = self.folder.path().join("deny.toml");
        fs::write(&config, change(project.replacen("[advisories]\n", &database, 1))).unwrap();
        self.audit_by(&config, |_| ())
    }

    /// The result of a check with this configuration, after `change` was applied to cargo-deny's command.
    fn audit_by(&self, config: &Path, change: impl Fn(&mut Command)) -> SuiteResult {
        // cargo-deny refuses a `file:` URL; git maps this one to the local folder.
        let here = format!("url.{}.insteadOf", self.folder.path().join("database").display());
        let deny = |arguments: &[&str]| {
            let mut deny = deny(&self.env, config, arguments);
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

/// With the cargo-deny that the suite uses.
fn env() -> Env {
    let mut env = Env::detect().unwrap();
    let bin = env.cache.join(format!("cargo-deny-{}/bin", versions::CARGO_DENY));
    assert!(bin.exists(), "cargo-deny is missing: type `cargo xtask setup --tests`");
    env.path_prefix.push(bin);
    env
}

fn unchanged(config: String) -> String {
    config
}

#[test]
fn advisories_of_other_crates_pass() {
    let fixture = AdvisoryFixture::with(&[("RUSTSEC-2024-9001", "a-crate-that-nobody-uses", "")]);
    assert_eq!(fixture.audit(unchanged), Ok(TestResults::PASSED));
}

#[test]
fn an_advisory_fails_unless_it_is_ignored_with_a_reason() {
    let fixture = AdvisoryFixture::with(&[("RUSTSEC-2024-9002", LOCKED, "")]);
    assert_eq!(fixture.audit(unchanged), Ok(TestResults::FAILED));
    let ignored = |config: String| {
        config.replacen("ignore = [", "ignore = [{ id = \"RUSTSEC-2024-9002\", reason = \"a test's\" },", 1)
    };
    assert_eq!(fixture.audit(ignored), Ok(TestResults::PASSED));
}

#[test]
fn the_unmaintained_advisory_of_paste_is_ignored_and_would_fail_otherwise() {
    let (id, package) = PASTE;
    let fixture = AdvisoryFixture::with(&[(id, package, "informational = \"unmaintained\"")]);
    assert_eq!(fixture.audit(unchanged), Ok(TestResults::PASSED));
    assert_eq!(fixture.audit(|config| config.replace(id, "RUSTSEC-2024-9003")), Ok(TestResults::FAILED));
}

#[test]
fn an_advisory_database_that_cannot_be_fetched_counts_as_not_run() {
    let fixture = AdvisoryFixture::with(&[]);
    fs::remove_dir_all(fixture.folder.path().join("database")).unwrap();
    assert_eq!(fixture.audit(unchanged), Ok(TestResults::NOT_RUN));
}

#[test]
fn an_option_that_cargo_deny_does_not_know_is_an_error() {
    let fixture = AdvisoryFixture::with(&[("RUSTSEC-2024-9004", "a-crate-that-nobody-uses", "")]);
    let refused = fixture.audit(|config| config.replacen("[advisories]\n", "[advisories]\nnot-a-setting = true\n", 1));
    assert!(refused.is_err(), "{refused:?}");
    assert_eq!(fixture.audit(unchanged), Ok(TestResults::PASSED));
    for step in ["fetch", "check"] {
        let with_an_option = |deny: &mut Command| {
            if deny.get_args().any(|argument| argument == step) {
                deny.arg("--disable-fetch");
            }
        };
        let refused = fixture.audit_by(&fixture.folder.path().join("deny.toml"), with_an_option);
        assert!(refused.is_err(), "{step}: {refused:?}");
    }
}
