use super::*;
use crate::setup::npm_packages::*;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use sha2::{Digest, Sha512};
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

const TOOL: Package = Package { name: "@natter/tool", version: "1.0.0", file: "@natter/tool/tool.js" };
/// An optional dependency of it, as esbuild has one for every kind of machine.
const PART: &str = "natter-tool-part";
const LIMIT: Option<Duration> = Some(Duration::from_secs(60));

/// A registry with a tool and its optional dependency, and a project that has locked both.
struct NpmFixture {
    env: Env,
    registry: Registry,
    _folder: tempfile::TempDir,
}

struct Registry {
    url: String,
    tarballs: Vec<(&'static str, Vec<u8>)>,
}

impl NpmFixture {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let env = Env {
            project: folder.path().join("project"),
            cache: folder.path().join("cache"),
            toolchain: None,
            path_prefix: Vec::new(),
        };
        let parts = json!({ "optionalDependencies": { PART: "1.0.0" } });
        let tarballs = vec![
            (TOOL.name, pack(&folder.path().join("tool"), TOOL.name, parts)),
            (PART, pack(&folder.path().join("part"), PART, json!({}))),
        ];
        let registry = serve(tarballs);
        let fixture = Self { env, registry, _folder: folder };
        fixture.lock(|_| ());
        fixture
    }

    /// Locks the packages of the registry in the project, after `change`.
    fn lock(&self, change: impl FnOnce(&mut Value)) {
        let [tool, part] = [0, 1].map(|index| integrity(&self.registry.tarballs[index].1));
        let mut lock = json!({ "name": "tool", "lockfileVersion": 3, "requires": true, "packages": {
            "": { "dependencies": { TOOL.name: "1.0.0" } },
            "node_modules/@natter/tool":
                { "version": "1.0.0", "integrity": tool, "optionalDependencies": { PART: "1.0.0" } },
            "node_modules/natter-tool-part": { "version": "1.0.0", "integrity": part, "optional": true },
            "node_modules/for-another-machine":
                { "version": "1.0.0", "integrity": part, "optional": true, "os": ["nowhere"], "cpu": ["none"] },
        } });
        lock["packages"]["node_modules/@natter/tool"]["optionalDependencies"]["for-another-machine"] = json!("1.0.0");
        change(&mut lock);
        let folder = TOOL.locked(&self.env);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("package-lock.json"), lock.to_string()).unwrap();
        let package = json!({ "private": true, "dependencies": { TOOL.name: "1.0.0" } });
        std::fs::write(folder.join("package.json"), package.to_string()).unwrap();
    }

    fn install(&self) -> Result<(), Missing> {
        self.install_from(&self.registry.url)
    }

    fn install_from(&self, url: &str) -> Result<(), Missing> {
        let mut npm = self.env.command("npm");
        npm.args(["--registry", url, "--noproxy=127.0.0.1", "--fetch-retries=0", "--cache"]);
        npm.arg(self.env.cache.join("npm"));
        TOOL.install_with(npm, &self.env, LIMIT)
    }

    #[track_caller]
    fn assert_fails_with(&self, words: &str) {
        match self.install() {
            Err(Missing::Failed(sentence)) => {
                assert!(sentence.contains(words) && sentence.ends_with('.'), "{sentence}")
            }
            other => panic!("{other:?}"),
        }
        assert!(!TOOL.is_installed(&self.env), "a refused package is not used later");
    }
}

/// A tarball as `npm pack` makes it.
fn pack(folder: &Path, name: &str, more: Value) -> Vec<u8> {
    std::fs::create_dir_all(folder).unwrap();
    let mut package = json!({ "name": name, "version": "1.0.0" });
    package.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    std::fs::write(folder.join("package.json"), package.to_string()).unwrap();
    std::fs::write(folder.join("tool.js"), format!("// {name}\n")).unwrap();
    let packed = Command::new("npm").current_dir(folder).args(["pack", "--silent", "--ignore-scripts"]).output();
    let packed = packed.expect("these tests need npm");
    assert!(packed.status.success(), "{packed:?}");
    std::fs::read(folder.join(String::from_utf8(packed.stdout).unwrap().trim())).unwrap()
}

fn integrity(tarball: &[u8]) -> String {
    format!("sha512-{}", STANDARD.encode(Sha512::digest(tarball)))
}

fn altered(integrity: &Value) -> Value {
    let (kind, hash) = integrity.as_str().unwrap().split_once('-').unwrap();
    let other = if hash.starts_with('A') { 'B' } else { 'A' };
    json!(format!("{kind}-{other}{}", &hash[1..]))
}

fn serve(tarballs: Vec<(&'static str, Vec<u8>)>) -> Registry {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let registry = Arc::new(Registry { url: url.clone(), tarballs: tarballs.clone() });
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let registry = registry.clone();
            std::thread::spawn(move || drop(registry.answer(stream)));
        }
    });
    Registry { url, tarballs }
}

impl Registry {
    fn answer(&self, mut stream: TcpStream) -> std::io::Result<()> {
        let mut lines = BufReader::new(stream.try_clone()?).lines().map_while(Result::ok);
        let request = lines.next().unwrap_or_default();
        lines.take_while(|line| !line.is_empty()).for_each(drop);
        let path = request.split(' ').nth(1).unwrap_or_default().replace("%2f", "/");
        let found = self.tarballs.iter().find(|(name, _)| path.starts_with(&format!("/{name}")));
        let (status, body) = match found {
            Some((_, tarball)) if path.ends_with(".tgz") => ("200 OK", tarball.clone()),
            Some((name, tarball)) => {
                let dist = json!({ "tarball": format!("{}/{name}.tgz", self.url), "integrity": integrity(tarball) });
                let version = json!({ "name": name, "version": "1.0.0", "dist": dist });
                let package =
                    json!({ "name": name, "dist-tags": { "latest": "1.0.0" }, "versions": { "1.0.0": version } });
                ("200 OK", package.to_string().into_bytes())
            }
            None => ("404 Not Found", b"{}".to_vec()),
        };
        write!(stream, "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len())?;
        stream.write_all(&body)
    }
}

#[test]
fn an_npm_package_is_installed_again_when_its_lock_file_changes() {
    let fixture = NpmFixture::new();
    assert!(!TOOL.is_installed(&fixture.env));
    fixture.install().unwrap();
    assert!(TOOL.is_installed(&fixture.env));
    assert_eq!(std::fs::read_to_string(TOOL.path(&fixture.env)).unwrap(), "// @natter/tool\n");
    fixture.lock(|lock| lock["name"] = json!("another"));
    assert!(!TOOL.is_installed(&fixture.env));
    fixture.install().unwrap();
    assert!(TOOL.is_installed(&fixture.env));
}

#[test]
fn an_npm_package_with_another_hash_than_the_locked_one_is_refused() {
    let fixture = NpmFixture::new();
    fixture.lock(|lock| {
        let hash = &mut lock["packages"]["node_modules/@natter/tool"]["integrity"];
        *hash = altered(hash);
    });
    fixture.assert_fails_with("has another hash than");
    assert!(!TOOL.path(&fixture.env).exists());
}

#[test]
fn an_optional_dependency_with_another_hash_than_the_locked_one_is_refused() {
    let fixture = NpmFixture::new();
    fixture.lock(|lock| {
        let hash = &mut lock["packages"]["node_modules/natter-tool-part"]["integrity"];
        *hash = altered(hash);
    });
    fixture.assert_fails_with("not installed natter-tool-part");
}

#[test]
fn a_lock_file_that_contradicts_its_package_json_is_an_error() {
    let fixture = NpmFixture::new();
    fixture.lock(|lock| {
        lock["packages"][""]["dependencies"][TOOL.name] = json!("2.0.0");
        lock["packages"]["node_modules/@natter/tool"]["version"] = json!("2.0.0");
    });
    fixture.assert_fails_with("can't install @natter/tool by the files in");
}

#[test]
fn a_package_is_unavailable_when_the_registry_does_not_answer() {
    let fixture = NpmFixture::new();
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let missing = fixture.install_from(&format!("http://{nobody}"));
    assert!(matches!(&missing, Err(Missing::Unavailable(sentence)) if sentence.ends_with('.')), "{missing:?}");
}

#[test]
fn every_npm_package_is_locked_with_the_hashes_of_its_dependencies_and_without_urls() {
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let env = Env { project, cache: PathBuf::new(), toolchain: None, path_prefix: Vec::new() };
    let mut packages = vec![AXE_CORE, ESBUILD, ZONE_JS, BLUEBIRD, TURBO, TYPESCRIPT, BINARYEN];
    packages.extend(PAGE_LIBRARIES.map(|(_, package)| package));
    let mut folders: Vec<_> = packages.iter().map(|package| package.locked(&env)).collect();
    let mut found: Vec<_> =
        std::fs::read_dir(env.project.join("xtask/npm")).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    found.sort();
    assert_eq!(folders, found);
    for package in packages {
        let read = |file: &str| std::fs::read_to_string(package.locked(&env).join(file)).unwrap();
        let wanted = json!({ package.name: package.version });
        let manifest: Value = serde_json::from_str(&read("package.json")).unwrap();
        assert_eq!(manifest["dependencies"], wanted, "versions.rs and package.json have the same version");
        let text = read("package-lock.json");
        assert!(
            !text.contains("://") && !text.contains("\"resolved\""),
            "{}: a lock file contains no URL",
            package.name
        );
        let lock: Value = serde_json::from_str(&text).unwrap();
        let tree = lock["packages"].as_object().unwrap();
        assert_eq!(tree[""]["dependencies"], wanted);
        assert_eq!(tree[&format!("node_modules/{}", package.name)]["version"], package.version);
        for (path, locked) in tree.iter().filter(|(path, _)| !path.is_empty()) {
            let hash = locked["integrity"].as_str().and_then(|hash| hash.strip_prefix("sha512-")).unwrap_or_default();
            assert_eq!(hash.len(), 88, "{path} has no hash");
            for kind in ["dependencies", "optionalDependencies"] {
                for name in locked[kind].as_object().into_iter().flatten().map(|(name, _)| name) {
                    let is_locked = tree.keys().any(|path| path.ends_with(&format!("node_modules/{name}")));
                    assert!(is_locked, "{path} needs {name}, which is not locked");
                }
            }
        }
    }
}
