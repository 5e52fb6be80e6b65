//! Floor 11: report values in, bytes out. The only floor that knows a wire format or a terminal.

mod alert;
mod assist;
mod ci;
mod decision;
mod diff;
mod drafts;
mod edit;
mod effects;
mod environments;
mod explained;
mod findings;
mod history;
mod hook;
mod human;
mod machine;
mod operating;
mod origins;
mod records;
mod schemas;
mod simulation;
mod single;
mod suites;
mod sync;
mod table;
mod tokens;
mod verdict;
mod visible;

pub use alert::{AlertLine, AlertOf, AlertOutcome, AlertReport, alert_human};
pub use assist::{Proposals, Proposed, ProposedSentence, proposals_human};
pub use ci::{annotations, neutralised, refusal};
pub use decision::{DecisionLine, Decisions, LiftLine, ReasonLine};
pub use diff::{
    ChangeLine, ChangedDocument, DefaultLine, DiffCounts, DiffReport, DiffSide, DiffSideLine, LinePlace, diff,
    diff_human, diff_markdown,
};
pub use drafts::{DraftEntry, DraftPage, DraftReport, draft_human, drafts_human};
pub use edit::{EditLook, EditReport, EditedField, EditedFile, FieldEdit, edit_human, edited_field};
pub use effects::{
    AreaLine, ByLine, DecidingLine, EffectsHeadline, EffectsLog, EffectsOf, EffectsReport, ExceptLine, PartLine,
    PieceLine, RegionLine, SeenTimes, SettingLine, UnlikeLine, UnprovenLine, effects, effects_human, effects_markdown,
};
pub use environments::{PinLine, PlanApprovals, PlanReport, PlanSaid, PlanTests, plan_human};
pub use explained::{Look, explained};
pub use findings::{BundleSummary, Counts, Finding, Findings, Page, Pagination, findings};
pub use history::{
    ActiveLine, DraftLine, LogEntry, LogEvent, LogPage, ProtectedLine, PullLine, ReviewLine, StatusReport, VersionLine,
    VersionPage, log_human, status_human, version_line, versions_human,
};
pub use hook::HookAnswer;
pub use human::{failure, human};
pub use machine::{code_quality, sarif};
pub use operating::{AuditEntry, AuditPage, RoleLine, Row, RowOutcome, RowsReport, audit_human, rows_human};
pub use origins::{Origin, Origins, origins};
pub use records::{Counted, FactStats, LogStats, RecordStats, UnreadablePlace, record_stats};
pub use schemas::{DOCUMENT_SCHEMA, schema_files};
pub use simulation::{
    AskedLine, AskedOf, GateLine, LogLine, ShownSide, SideLine, Simulation, simulation, simulation_html,
    simulation_human, simulation_markdown,
};
pub use single::{SingleSource, single};
pub use suites::{
    CoverageReport, PointLine, StepLine, SuiteLine, TestCounts, TestLine, TestsReport, covered, junit, junit_not_run,
    lcov, test_findings, tests, uncovered,
};
pub use sync::{Asked, Sync, SyncConflict, SyncPolicy, sync};
pub use table::aligned;
pub use tokens::{IssuedToken, TokenAttempt, TokenTest, TokenVerdict, token_test_human};
pub use verdict::{
    ApprovalsLine, ApprovedLine, CiOf, CiReport, CiSideLine, EnvironmentGate, EventLine, LooseningLine, PartOutcome,
    PartVerdict, Place as ReportPlace, Told, TouchedLine, approvals, ci, ci_failure, ci_human, ci_markdown,
};
pub use visible::{visible, visible_json, visible_line};
