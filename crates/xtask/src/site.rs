//! Builds the site: `dist/index.html`, and everything it loads in one directory beside it.
//!
//! That directory is named after what is in it, so a browser or server may keep its files for
//! ever and still never mixes two builds.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use kumquat_lessons::Lesson;
use wasm_bindgen_cli_support::Bindgen;

use crate::process::{command, root, run, say};
use crate::scripts;
use crate::setup::node;
use crate::setup::wasm_target::{self, Compiler};

/// A built site.
pub struct Site {
    pub directory: PathBuf,
}

/// A wasm module of the site, and how it is built: cargo profile, level of wasm-opt.
struct Module {
    package: &'static str,
    /// What cargo names the compiled file.
    compiled: &'static str,
    name: &'static str,
    profile: &'static str,
    level: &'static str,
    rustflags: &'static str,
}

/// The page is small and drawn once: it is built for size. The engine is built for speed, but
/// for the parser (see the profiles in `Cargo.toml`).
const PAGE: Module = Module {
    package: "kumquat-web",
    compiled: "page.wasm",
    name: "page",
    profile: "page",
    level: "-Oz",
    // Leptos, too, has a way to be built for size.
    rustflags: "--cfg erase_components",
};
const ENGINE: Module = Module {
    package: "kumquat-wasm",
    compiled: "kumquat_wasm.wasm",
    name: "engine",
    profile: "engine",
    level: "-Os",
    rustflags: "-C target-feature=+simd128",
};

const SERVICE_WORKER: &str = "service-worker.js";

/// Builds what has changed.
pub fn build() -> Result<Site> {
    build_with(|compiler| ENGINE.build(compiler))
}

/// Builds the page and takes the engine as it was built last, for work on the page alone.
pub fn build_page() -> Result<Site> {
    build_with(|compiler| match ENGINE.directory() {
        built if built.exists() => Ok(built),
        _ => ENGINE.build(compiler),
    })
}

fn build_with(engine: impl FnOnce(Compiler) -> Result<PathBuf>) -> Result<Site> {
    node::install()?;
    let compiler = wasm_target::install()?;
    let mut files = BTreeMap::new();
    for directory in [engine(compiler)?, PAGE.build(compiler)?, scripts::build()?] {
        for entry in fs::read_dir(directory)? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if !name.ends_with(".d.ts") {
                files.insert(name, fs::read(&path)?);
            }
        }
    }
    files.insert("worker.js".into(), fs::read(root().join("crates/wasm/js/worker.js"))?);
    files.insert("page.css".into(), styles()?);
    let lessons = lessons(&mut files)?;
    write(&files, &lessons)
}

impl Module {
    fn directory(&self) -> PathBuf {
        root().join("target/site").join(self.name)
    }

    /// Compiles, binds and optimises; returns the directory with the module's files.
    fn build(&self, compiler: Compiler) -> Result<PathBuf> {
        say(format!("Building the {} (cargo, profile {})", self.name, self.profile));
        let mut cargo = compiler.cargo(&[
            "build",
            "--package",
            self.package,
            "--target",
            "wasm32-unknown-unknown",
            "--profile",
            self.profile,
        ])?;
        run(cargo.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", self.rustflags))?;
        let compiled = compiler.output_directory().join(self.profile).join(self.compiled);
        let directory = self.directory();
        if newer(&directory.join(format!("{}_bg.wasm", self.name)), &compiled) {
            return Ok(directory);
        }
        fs::create_dir_all(&directory)?;
        Bindgen::new()
            .input_path(&compiled)
            .out_name(self.name)
            .web(true)?
            .omit_default_module_path(false)
            .typescript(true)
            .generate(&directory)
            .with_context(|| format!("wasm-bindgen on {}", compiled.display()))?;
        self.optimise(&directory)?;
        Ok(directory)
    }

    fn optimise(&self, directory: &Path) -> Result<()> {
        say(format!("Optimising the {} (wasm-opt {})", self.name, self.level));
        let module = directory.join(format!("{}_bg.wasm", self.name));
        let optimised = directory.join("optimised");
        run(command(node::program("wasm-opt"), &[self.level])
            .args([
                "--strip-debug",
                "--strip-producers",
                "--enable-simd",
                "--enable-bulk-memory",
            ])
            .args(["--enable-nontrapping-float-to-int", "--enable-sign-ext"])
            .args([
                "--enable-mutable-globals",
                "--enable-reference-types",
                "--enable-multivalue",
            ])
            .arg(&module)
            .arg("-o")
            .arg(&optimised))?;
        Ok(fs::rename(optimised, module)?)
    }
}

/// The features' style sheets as one, the foundations first.
fn styles() -> Result<Vec<u8>> {
    let mut sheets = Vec::new();
    find_styles(&root().join("web/src"), &mut sheets)?;
    sheets.sort_by_key(|path| (!path.ends_with("look.css"), path.clone()));
    let mut all = Vec::new();
    for sheet in sheets {
        all.extend(fs::read(sheet)?);
    }
    Ok(all)
}

fn find_styles(directory: &Path, sheets: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() {
            find_styles(&path, sheets)?;
        } else if path.extension().is_some_and(|extension| extension == "css") {
            sheets.push(path);
        }
    }
    Ok(())
}

/// Puts each lesson, the list of them and the glossary among the files as JSON.
fn lessons(files: &mut BTreeMap<String, Vec<u8>>) -> Result<Vec<Lesson>> {
    let lessons = kumquat_lessons::read_directory(&root().join("lessons"))?;
    for lesson in &lessons {
        files.insert(format!("lesson-{}.json", lesson.id), serde_json::to_vec(lesson)?);
    }
    let list: Vec<_> = lessons.iter().map(kumquat_lessons::summary).collect();
    files.insert("lessons.json".into(), serde_json::to_vec(&list)?);
    let glossary = kumquat_lessons::Glossary::read(&root().join("lessons"))?;
    let terms: Vec<_> = glossary.terms().collect();
    files.insert("glossary.json".into(), serde_json::to_vec(&terms)?);
    Ok(lessons)
}

fn write(files: &BTreeMap<String, Vec<u8>>, lessons: &[Lesson]) -> Result<Site> {
    let site = root().join("dist");
    if site.exists() {
        fs::remove_dir_all(&site)?;
    }
    let version = version(files);
    let directory = site.join(&version);
    fs::create_dir_all(&directory)?;
    for (name, contents) in files {
        // A service worker rules what lies below it: it stands beside index.html.
        match name.as_str() {
            SERVICE_WORKER => fs::write(site.join(name), service_worker(contents, &version, files))?,
            _ => fs::write(directory.join(name), contents)?,
        }
    }
    let bytes = files.get("engine_bg.wasm").map_or(0, Vec::len);
    let text = lessons.first().map(kumquat_lessons::html).unwrap_or_default();
    let index = fs::read_to_string(root().join("web/index.html"))?
        .replace("{version}", &version)
        .replace("{engine-bytes}", &bytes.to_string())
        .replace("{lesson}", &text);
    fs::write(site.join("index.html"), index)?;
    Ok(Site { directory: site })
}

/// The service worker, told what it keeps: the version, and every file of it.
fn service_worker(script: &[u8], version: &str, files: &BTreeMap<String, Vec<u8>>) -> String {
    let names = files.keys().filter(|name| *name != SERVICE_WORKER);
    let paths: Vec<String> = names.map(|name| format!("./{version}/{name}")).collect();
    String::from_utf8_lossy(script)
        .replace("{version}", version)
        .replace("{files}", &paths.join(" "))
}

/// A short name of the files' contents (FNV-1a).
fn version(files: &BTreeMap<String, Vec<u8>>) -> String {
    let bytes = files
        .iter()
        .flat_map(|(name, contents)| name.bytes().chain(contents.iter().copied()));
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    format!("{hash:016x}")
}

fn newer(path: &Path, than: &Path) -> bool {
    let modified = |path: &Path| fs::metadata(path).and_then(|data| data.modified()).ok();
    matches!((modified(path), modified(than)), (Some(path), Some(than)) if path > than)
}
