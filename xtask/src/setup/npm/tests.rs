use super::*;
use crate::setup::{axe, esbuild, host_libraries, promise_replacements, turbo, typescript, wasm_opt};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use sha2::{Digest, Sha512};
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

const TOOL: Package = Package { name: "@natter/tool", version: "1.0.0", file: "@natter/tool/tool.js" };
/// The part of it that is made for a machine, as esbuild has one.
const PART: &str = "natter-tool-part";
const LIMIT: Option<Duration> = Some(Duration::from_secs(60));

/// A registry with a tool and its part, and a project that has locked both.
struct Scene {
    bench: Workbench,
    registry: Registry,
    _folder: tempfile::TempDir,
}

struct Registry {
    url: String,
    tarballs: Vec<(&'static str, Vec<u8>)>,
}

impl Scene {
    fn set() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let bench = Workbench {
            project: folder.path().join("project"),
            cache: folder.path().join("cache"),
            toolchain: None,
            bins: Vec::new(),
        };
        let parts = json!({ "optionalDependencies": { PART: "1.0.0" } });
        let tarballs = vec![
            (TOOL.name, pack(&folder.path().join("tool"), TOOL.name, parts)),
            (PART, pack(&folder.path().join("part"), PART, json!({}))),
        ];
        let registry = serve(tarballs);
        let scene = Self { bench, registry, _folder: folder };
        scene.lock(|_| ());
        scene
    }

    /// Writes what the project has locked: what the registry has, changed so.
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
        let folder = TOOL.locked(&self.bench);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("package-lock.json"), lock.to_string()).unwrap();
        let package = json!({ "private": true, "dependencies": { TOOL.name: "1.0.0" } });
        std::fs::write(folder.join("package.json"), package.to_string()).unwrap();
    }

    fn install(&self) -> Result<(), Missing> {
        self.install_from(&self.registry.url)
    }

    fn install_from(&self, url: &str) -> Result<(), Missing> {
        let mut npm = self.bench.command("npm");
        npm.args(["--registry", url, "--noproxy=127.0.0.1", "--fetch-retries=0", "--cache"]);
        npm.arg(self.bench.cache.join("npm"));
        TOOL.install_by(npm, &self.bench, LIMIT)
    }

    #[track_caller]
    fn fails_saying(&self, words: &str) {
        match self.install() {
            Err(Missing::Failed(sentence)) => {
                assert!(sentence.contains(words) && sentence.ends_with('.'), "{sentence}")
            }
            other => panic!("{other:?}"),
        }
        assert!(!TOOL.is_there(&self.bench), "what was refused is not used later");
    }
}

/// A package as npm itself packs it.
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
        let asked = lines.next().unwrap_or_default();
        lines.take_while(|line| !line.is_empty()).for_each(drop);
        let path = asked.split(' ').nth(1).unwrap_or_default().replace("%2f", "/");
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
fn a_package_is_installed_as_it_is_locked_and_again_when_the_lock_is_another() {
    let scene = Scene::set();
    assert!(!TOOL.is_there(&scene.bench));
    scene.install().unwrap();
    assert!(TOOL.is_there(&scene.bench));
    assert_eq!(std::fs::read_to_string(TOOL.path(&scene.bench)).unwrap(), "// @natter/tool\n");
    scene.lock(|lock| lock["name"] = json!("another"));
    assert!(!TOOL.is_there(&scene.bench));
    scene.install().unwrap();
    assert!(TOOL.is_there(&scene.bench));
}

#[test]
fn a_package_of_another_hash_than_the_locked_one_is_refused() {
    let scene = Scene::set();
    scene.lock(|lock| {
        let hash = &mut lock["packages"]["node_modules/@natter/tool"]["integrity"];
        *hash = altered(hash);
    });
    scene.fails_saying("has another hash than");
    assert!(!TOOL.path(&scene.bench).exists());
}

#[test]
fn a_part_for_this_machine_of_another_hash_than_the_locked_one_is_refused() {
    let scene = Scene::set();
    scene.lock(|lock| {
        let hash = &mut lock["packages"]["node_modules/natter-tool-part"]["integrity"];
        *hash = altered(hash);
    });
    scene.fails_saying("left out natter-tool-part");
}

#[test]
fn a_lock_that_does_not_fit_its_package_is_a_failure() {
    let scene = Scene::set();
    scene.lock(|lock| {
        lock["packages"][""]["dependencies"][TOOL.name] = json!("2.0.0");
        lock["packages"]["node_modules/@natter/tool"]["version"] = json!("2.0.0");
    });
    scene.fails_saying("can't install @natter/tool by what is in");
}

#[test]
fn a_registry_that_does_not_answer_makes_a_package_unavailable_and_nothing_worse() {
    let scene = Scene::set();
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let missing = scene.install_from(&format!("http://{nobody}"));
    assert!(matches!(&missing, Err(Missing::Unavailable(sentence)) if sentence.ends_with('.')), "{missing:?}");
}

#[test]
fn every_package_is_locked_with_the_hashes_of_its_whole_tree_and_no_address() {
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let bench = Workbench { project, cache: PathBuf::new(), toolchain: None, bins: Vec::new() };
    let mut packages = vec![
        axe::AXE,
        esbuild::ESBUILD,
        promise_replacements::ZONE_JS,
        promise_replacements::BLUEBIRD,
        turbo::TURBO,
        typescript::TYPESCRIPT,
        wasm_opt::BINARYEN,
    ];
    packages.extend(host_libraries::LIBRARIES.map(|(_, package)| package));
    let mut folders: Vec<_> = packages.iter().map(|package| package.locked(&bench)).collect();
    let mut found: Vec<_> =
        std::fs::read_dir(bench.project.join("xtask/npm")).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    found.sort();
    assert_eq!(folders, found);
    for package in packages {
        let read = |file: &str| std::fs::read_to_string(package.locked(&bench).join(file)).unwrap();
        let wanted = json!({ package.name: package.version });
        let manifest: Value = serde_json::from_str(&read("package.json")).unwrap();
        assert_eq!(manifest["dependencies"], wanted, "pins.rs and package.json name the same version");
        let text = read("package-lock.json");
        assert!(
            !text.contains("://") && !text.contains("\"resolved\""),
            "{}: an address is no business of a lock",
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
