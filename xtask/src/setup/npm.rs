//! Tools that come as npm packages, each in a folder of the cache that is its own.

use crate::process::step;
use crate::workbench::Workbench;
use std::path::PathBuf;
use std::time::Duration;

/// An npm package that brings a program.
pub struct Package {
    /// What npm calls it.
    pub name: &'static str,
    /// Exactly this one.
    pub version: &'static str,
    /// What it is wanted for.
    pub program: &'static str,
}

impl Package {
    /// Where its program is, installed or not.
    pub fn bin(&self, bench: &Workbench) -> PathBuf {
        self.root(bench).join("node_modules/.bin")
    }

    /// Whether its program is installed.
    pub fn is_there(&self, bench: &Workbench) -> bool {
        self.bin(bench).join(self.program).exists()
    }

    /// Where npm's own words go.
    pub fn log(&self, bench: &Workbench) -> PathBuf {
        bench.cache.join("logs").join(format!("{}.log", self.name))
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
        step(&format!("installing {} ({package})", self.program), &self.log(bench), limit, &mut npm)
            .map_err(|words| format!("{words}\nType `npm install {package}` in {} to see it alone.", root.display()))
    }

    fn root(&self, bench: &Workbench) -> PathBuf {
        bench.cache.join(format!("{}-{}", self.name, self.version))
    }
}
