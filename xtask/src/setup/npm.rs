//! Tools that come as npm packages, each in a folder of the cache that is its own.

use crate::process::step;
use crate::workbench::Workbench;
use std::path::PathBuf;
use std::time::Duration;

/// An npm package, of which one file is wanted.
pub struct Package {
    /// What npm calls it.
    pub name: &'static str,
    /// Exactly this one.
    pub version: &'static str,
    /// What it is wanted for: a file below `node_modules`; programs are in `.bin`.
    pub file: &'static str,
}

impl Package {
    /// Where its file is, installed or not.
    pub fn path(&self, bench: &Workbench) -> PathBuf {
        self.root(bench).join("node_modules").join(self.file)
    }

    /// Whether it is installed.
    pub fn is_there(&self, bench: &Workbench) -> bool {
        self.path(bench).exists()
    }

    /// Installs it when it is missing, which may take so long, and tells where its file is, or in a sentence why it
    /// can't be had.
    pub fn ensure(&self, bench: &Workbench, limit: Duration) -> Result<PathBuf, String> {
        let name = self.name;
        if !self.is_there(bench) {
            if bench.which("npm").is_none() {
                return Err(format!("{name} comes by npm, which is not there."));
            }
            self.install(bench, Some(limit))
                .map_err(|_| format!("npm can't install {name}; {} has its words.", self.log(bench).display()))?;
        }
        Ok(self.path(bench))
    }

    /// Its name as a file's.
    fn plain_name(&self) -> String {
        self.name.replace(['@', '/'], "")
    }

    /// Where npm's own words go.
    fn log(&self, bench: &Workbench) -> PathBuf {
        bench.cache.join("logs").join(format!("{}.log", self.plain_name()))
    }

    /// Has npm install it.
    pub fn install(&self, bench: &Workbench, limit: Option<Duration>) -> Result<(), String> {
        let (root, package) = (self.root(bench), format!("{}@{}", self.name, self.version));
        // npm takes the nearest package.json above for the project; this one ends its search.
        std::fs::create_dir_all(&root)
            .and_then(|()| std::fs::write(root.join("package.json"), "{ \"private\": true }\n"))
            .map_err(|error| format!("{} can't be written: {error}.", root.display()))?;
        let mut npm = bench.command("npm");
        npm.current_dir(&root).args([
            "install",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
            "--loglevel=error",
            &package,
        ]);
        step(&format!("installing {package}"), &self.log(bench), limit, &mut npm)
            .map_err(|words| format!("{words}\nType `npm install {package}` in {} to see it alone.", root.display()))
    }

    fn root(&self, bench: &Workbench) -> PathBuf {
        bench.cache.join(format!("{}-{}", self.name, self.version))
    }
}
