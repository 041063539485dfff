//! Monitors: each fires, is resolved by what its owner does, and goes by its book's settings; on a
//! healthy day all stay silent.

mod chain_broken;
mod claimed_far_from_due;
mod clock_behind;
mod cost;
mod deadline_not_fired;
mod disk_low;
mod dispatched_not_delivered;
mod healthy;
mod job_failed;
mod large_credit;
mod law_broken;
mod laws_of_money;
mod many_rejections;
mod monitor_failing;
mod paid_not_released;
mod paper;
mod plans;
mod plant;
mod processing_too_long;
mod receipt_waiting;
mod same_file_twice;
mod scrubber_behind;
mod simulated;
mod stream_quarantined;
mod suspense_ageing;
mod transfer_used_up;
mod unallocated_ageing;
mod view_differs;
mod wal_high;
pub(crate) mod watched;
mod webhook_failing;
