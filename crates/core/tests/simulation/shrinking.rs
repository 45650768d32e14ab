//! Shrinks a failing run: skips every action that the failure does not need.

use crate::simulator::{Plan, Simulator};

/// The limit of attempts; each is a whole run.
const ATTEMPTS_MAX: usize = 400;

/// Returns the log of the shortest failing run found.
pub fn shrink(mut plan: Plan) -> String {
    let mut attempts = 0;
    let mut width = 16;
    while width > 0 {
        let mut first = 0;
        while first < Simulator::ACTIONS_MAX && attempts < ATTEMPTS_MAX {
            let mut shorter = plan.clone();
            shorter.skipped.extend(first..first + width);
            if shorter.skipped.len() > plan.skipped.len() {
                attempts += 1;
                if Simulator::run(&shorter).is_err() {
                    plan = shorter;
                }
            }
            first += width;
        }
        width /= 2;
    }
    let (log, result) = Simulator::run_with_log(&plan);
    let what = result.err().unwrap_or_default();
    format!("seed {} ({} actions skipped): {what}\n{}", plan.seed, plan.skipped.len(), log.join("\n"))
}
