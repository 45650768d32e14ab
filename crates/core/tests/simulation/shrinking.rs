//! A failing seed's story with every deed left out that it does not need.

use crate::simulator::{Plan, World};

/// Attempts at leaving something out; each is a whole run.
const ATTEMPTS_MAX: usize = 400;

/// The shortest failing story found, as text.
pub fn shrink(mut plan: Plan) -> String {
    let mut attempts = 0;
    let mut width = 16;
    while width > 0 {
        let mut first = 0;
        while first < World::DEEDS_MAX && attempts < ATTEMPTS_MAX {
            let mut shorter = plan.clone();
            shorter.left_out.extend(first..first + width);
            if shorter.left_out.len() > plan.left_out.len() {
                attempts += 1;
                if World::run(&shorter).is_err() {
                    plan = shorter;
                }
            }
            first += width;
        }
        width /= 2;
    }
    let (story, result) = World::story(&plan);
    let what = result.err().unwrap_or_default();
    format!("seed {} ({} deeds left out): {what}\n{}", plan.seed, plan.left_out.len(), story.join("\n"))
}
