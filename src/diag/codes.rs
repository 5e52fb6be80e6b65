//! The registry of codes: one line a code, here and nowhere else.
//!
//! Each code has a page in `docs/codes/`, which `policyc explain` prints and whose example a test runs.

use super::Severity;

/// A registered code, such as `PC0204 duplicate-key`.
#[derive(Clone, Copy)]
pub struct Code(&'static Entry);

struct Entry {
    id: &'static str,
    name: &'static str,
    severity: Severity,
    summary: &'static str,
    page: &'static str,
}

impl Code {
    /// `PC0204`.
    #[must_use]
    pub fn id(self) -> &'static str {
        self.0.id
    }

    /// The kebab-case name, `duplicate-key`.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.0.name
    }

    /// The severity of every finding with this code.
    #[must_use]
    pub fn severity(self) -> Severity {
        self.0.severity
    }

    /// What the code is about, in one line.
    #[must_use]
    pub fn summary(self) -> &'static str {
        self.0.summary
    }

    /// The page that explains it, Markdown.
    #[must_use]
    pub fn page(self) -> &'static str {
        self.0.page
    }

    /// Finds a code by its id (any case) or its name.
    #[must_use]
    pub fn find(text: &str) -> Option<Self> {
        ALL.iter().copied().find(|code| code.id().eq_ignore_ascii_case(text) || code.name() == text)
    }
}

impl PartialEq for Code {
    fn eq(&self, other: &Self) -> bool {
        self.id() == other.id()
    }
}

impl Eq for Code {}

impl std::fmt::Debug for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.id(), self.name())
    }
}

macro_rules! registry {
    ($($(#[$group:meta])* $constant:ident $id:literal $name:literal $severity:ident $summary:literal;)*) => {
        $(
            #[doc = concat!("`", $id, " ", $name, "`: ", $summary, ".")]
            pub const $constant: Code = Code(&Entry {
                id: $id,
                name: $name,
                severity: Severity::$severity,
                summary: $summary,
                page: include_str!(concat!("../../docs/codes/", $id, ".md")),
            });
        )*

        /// Every code, in the order of the ids.
        pub const ALL: &[Code] = &[$($constant),*];
    };
}

registry! {
    // PC01: files
    FILE_TOO_LARGE "PC0101" "file-too-large" Error "a document's file is larger than the limit";
    NOT_UTF8 "PC0102" "not-utf8" Error "a document's file is not UTF-8";
    CONTROL_CHARACTER "PC0103" "control-character" Error "a document holds a control character";
    LINK "PC0104" "link-not-followed" Error "a link or submodule stands where documents are read";
    STRAY_DOCUMENT "PC0105" "stray-document" Warning "a document lies where nothing is read";
    UNTRACKED "PC0106" "untracked" Warning "a document is not tracked by Git";
    NO_DOCUMENT "PC0107" "no-document" Error "no policy, rule or exception was found";
    EMPTY_MARKDOWN "PC0108" "empty-markdown" Error "nothing is read from a Markdown file";
    MISSING_FOLDER "PC0109" "missing-folder" Error "a folder named under `documents` holds no document file";
    BAD_PATH "PC0110" "bad-path" Error "a path leads out of the policy repository";
    EMPTY_FILE "PC0111" "empty-file" Error "a document file holds no document";
    // PC02: syntax
    YAML_SYNTAX "PC0201" "yaml-syntax" Error "the text is not YAML";
    JSON_SYNTAX "PC0202" "json-syntax" Error "the text is not JSON";
    UNCLOSED "PC0203" "unclosed" Error "a quote or bracket is never closed";
    DUPLICATE_KEY "PC0204" "duplicate-key" Error "a key is given twice";
    TAG "PC0205" "yaml-tag" Error "a YAML tag is used";
    MERGE_KEY "PC0206" "merge-key" Error "a YAML merge key is used";
    ALIAS "PC0207" "yaml-alias" Error "a YAML alias is undefined, circular or too large";
    NUMBER "PC0208" "number" Error "a number cannot be held exactly by every reader";
    LEADING_ZERO "PC0209" "leading-zero" Error "a number has leading zeros";
    KEY_NOT_TEXT "PC0210" "key-not-text" Error "a key is not text";
    TOO_DEEP "PC0211" "too-deep" Error "a document is nested too deeply";
    TOO_LARGE "PC0212" "too-many-values" Error "a document holds too many values";
    TAB "PC0213" "tab-indentation" Error "a tab is used for indentation";
    SURROGATE "PC0214" "lone-surrogate" Error "a text holds half of a character";
    EMPTY_VALUE "PC0215" "empty-value" Error "a key has no value";
    FRONT_MATTER "PC0216" "front-matter" Error "front matter is not closed or holds what belongs elsewhere";
    BLOCK_MARKER "PC0217" "block-marker" Error "a fenced block is nearly marked as policy";
    UNCLOSED_BLOCK "PC0218" "unclosed-block" Error "a fenced policy block is never closed";
    SENTENCE "PC0219" "sentence" Error "a rule sentence cannot be read";
    HIDDEN_BLOCK "PC0220" "hidden-block" Error "a policy block stands where it is not read";
    AMBIGUOUS "PC0221" "ambiguous-sentence" Error "a sentence can be read in several ways";
    NOT_ONE_MEANING "PC0222" "no-one-meaning" Error "a sentence is understood and does not say one thing";
    WEAK_WORD "PC0223" "weak-word" Error "a word weakens a sentence";
    SAID_TWICE "PC0224" "said-twice" Error "two sentences say different things of the same";
    STRAY_SENTENCE "PC0225" "stray-sentence" Error "a sentence stands where none is read";
    SPOKEN_NAME "PC0226" "spoken-name" Error "a name in a sentence is not in the catalog";
    ASSIST_LOCK "PC0230" "assist-lock" Error "the accepted readings of sentences cannot be used";
    // PC03: form
    UNKNOWN_KEY "PC0301" "unknown-key" Error "a key does not exist";
    MISSING_KEY "PC0302" "missing-key" Error "a required key is missing";
    WRONG_TYPE "PC0303" "wrong-type" Error "a value has the wrong type";
    UNKNOWN_VALUE "PC0304" "unknown-value" Error "a value is none of those that exist";
    OUT_OF_RANGE "PC0305" "out-of-range" Error "a value is too small, too large, too short or too long";
    WRONG_FORM "PC0306" "wrong-form" Error "a text does not have the form it needs";
    NOT_A_DOCUMENT "PC0307" "not-a-document" Error "a document is not a map of keys";
    MISSING_ID "PC0308" "missing-id" Error "a document has no id and its file holds several";
    STEM_ID "PC0309" "id-from-file-name" Warning "a document takes its id from its file's name";
    DUPLICATE_ID "PC0310" "duplicate-id" Error "an id is used twice";
    BAD_ID "PC0311" "bad-id" Error "an id has characters that ids do not have";
    WRONG_PLACE "PC0312" "wrong-place" Error "a document lies where its kind is not read";
    // PC04: meaning
    BAD_ESCAPE "PC0401" "bad-escape" Error "a pattern holds an escape that does not exist";
    LITERAL_WILDCARD "PC0402" "literal-wildcard" Warning "a pattern holds a character that looks special and is not";
    INVISIBLE "PC0403" "invisible-character" Error "a text that is compared holds a character nobody can see";
    TARGET_MISSING "PC0404" "target-missing" Error "a scope other than global has no target";
    TARGET_UNUSED "PC0405" "target-unused" Error "a global policy has a target";
    CRITERIA_UNUSED "PC0406" "criteria-never-fire" Error "approval criteria are given but approval is not required";
    COMMIT_WITHOUT_EVIDENCE "PC0407" "commit-without-evidence" Error "a commit action has no evidence requirement";
    DOTTED_INTEGRATION "PC0408" "dotted-integration" Error "an integration pattern has a dot and can never match";
    UNKNOWN_TIMEZONE "PC0409" "unknown-timezone" Error "a timezone does not exist";
    AMOUNT "PC0410" "amount" Error "an amount of money cannot be held exactly";
    NO_SUBJECT "PC0411" "exception-without-subject" Error "an exception names neither agents nor runs";
    NO_END "PC0412" "exception-without-end" Error "an exception has neither an expiry nor a number of uses";
    BAD_TIME "PC0413" "bad-time" Error "a time is not an RFC 3339 timestamp";
    UNKNOWN_DOCUMENT "PC0414" "unknown-document" Error "a document names another that does not exist";
    UNKNOWN_ACTION "PC0415" "unknown-action" Error "a pattern matches no action of the closed catalog";
    BAD_SCHEMA "PC0416" "bad-schema" Error "a JSON Schema is not valid";
    SCHEMA_KEYWORD "PC0417" "schema-keyword" Error "a JSON Schema holds a keyword that does not exist";
    SCHEMA_REFERENCE "PC0418" "schema-reference" Error "a JSON Schema refers to something outside itself";
    SCHEMA_TYPE "PC0419" "schema-without-type" Error "a keyword about one type stands without `type`";
    SCHEMA_REGEX "PC0420" "schema-regex" Error "a regular expression is not of the linear kind or too large";
    SCHEMA_FORMAT "PC0421" "schema-format" Error "a format does not exist";
    UNKNOWN_PRINCIPAL "PC0422" "unknown-principal" Error "an approver is neither an address nor a known principal or group";
    OPTIONAL_ARGUMENT "PC0423" "optional-argument" Warning "a test is on an argument that the action can do without";
    UNKNOWN_ARGUMENT "PC0424" "unknown-argument" Error "a test is on an argument that the action does not have";
    EMPTY_CONDITION "PC0425" "empty-condition" Error "a condition can never fire";
    NEVER_HOLDS "PC0426" "never-holds" Error "an exception ends before it starts";
    REASON_NEVER_GIVEN "PC0427" "reason-never-given" Error "an exception lifts a reason that its policy never gives";
    EXPECTATIONS "PC0428" "expectations" Error "a test has not one expectation for each action";
    ROLLOUT_STEPS "PC0429" "rollout-steps" Error "rollout steps do not rise to 100";
    SHARED_ACCOUNT "PC0430" "shared-account" Error "an account belongs to two principals";
    RESOURCE_TEMPLATE "PC0431" "resource-template" Error "a resource template cannot be filled in";
    UNKNOWN_AGENT "PC0432" "unknown-agent" Error "a pattern matches no agent of the closed catalog";
    DUPLICATE_TEST "PC0433" "duplicate-test" Error "two tests of a suite have the same name";
    QUORUM "PC0434" "quorum-out-of-reach" Error "more approvals are required than there are approvers";
    RECORD_MAPPING "PC0435" "record-mapping" Error "a mapping of records cannot be followed";
    TOKEN_KEY "PC0441" "token-key" Error "a key of an environment cannot sign tokens";
    // PC05: likely mistakes
    OVERLAP "PC0501" "allow-deny-overlap" Warning "an allowed action is denied by the same policy";
    RISK_GAP "PC0502" "risk-gap" Warning "a risk level above the lowest named one is left out";
    EXPIRED "PC0503" "expired-exception" Warning "an exception has expired";
    IDLE_EXCEPTION "PC0504" "idle-exception" Warning "an exception is made from a document that is switched off";
    EVIDENCE_NEVER_COUNTS "PC0505" "evidence-never-counts" Warning "a required evidence action is not among the evidence actions";
    REPEATED_ENTRY "PC0506" "repeated-entry" Warning "an entry is already covered by another of the same list";
    UNKNOWN_GROUP "PC0507" "unknown-group" Warning "a scope names a group or mission that no agent of the catalog has";
    EMPTY_POLICY "PC0508" "empty-policy" Warning "a policy restricts nothing";
    UNKNOWN_APPROVER "PC0509" "unknown-approver" Warning "an approver is named and nobody says who that is";
    UNKNOWN_TRIED "PC0511" "unknown-tried-action" Warning "a suite tries an action that the closed catalog does not know";
    SHADOWED_RULE "PC0512" "shadowed-rule" Warning "rules that are asked before a rule match all that it matches";
    REDUNDANT_RULE "PC0513" "redundant-rule" Warning "without a rule every action has the same effect";
    NEVER_DECIDES "PC0514" "never-decides" Warning "a rule or an entry is always denied by something else";
    TIE_OF_PRIORITIES "PC0515" "tie-of-priorities" Warning "rules of one priority and different effects meet";
    BROAD_ALLOW "PC0516" "broad-allow" Warning "a rule allows actions that the catalog knows nothing of";
    NOT_COMPARED "PC0517" "not-compared" Note "not all rules and entries could be compared with one another";
    GATES_NEVER_JUDGED "PC0518" "gates-never-judged" Note "an environment has gates, and no log is named to judge them by";
    // PC06: suites
    TEST_FAILED "PC0601" "test-failed" Error "a decision is not what a test expects";
    TEST_UNCERTAIN "PC0602" "test-uncertain" Warning "a test hangs on facts that it does not give";
    EARLIER_DENIED "PC0603" "earlier-denied" Warning "actions that a test sets up are denied";
    // PC09: the world
    NO_REPOSITORY "PC0901" "no-policy-repository" Error "no `policyc.yaml` was found";
    IO "PC0902" "file-system" Error "a file or folder could not be read or written";
    GIT "PC0903" "git" Error "Git could not answer";
    UNKNOWN_REVISION "PC0904" "unknown-revision" Error "a revision does not exist";
    NOT_FOUND "PC0905" "not-found" Error "what was asked for does not exist";
    WOULD_OVERWRITE "PC0906" "would-overwrite" Error "a file is there already";
    STALE "PC0907" "stale-schema" Error "a generated file is not fresh";
    BAD_RECORD "PC0908" "bad-record" Error "a recorded action cannot be read";
    BAD_LOCK "PC0909" "bad-lock" Error "the lock of an environment is refused";
    INCOMPLETE_HISTORY "PC0910" "incomplete-history" Error "a part of the history is not in this clone";
    REPLACED_HISTORY "PC0911" "replaced-history" Error "the history is not the one that was written";
    NO_BRANCH "PC0912" "no-protected-branch" Error "the protected branch is missing or ambiguous";
    UNSUPPORTED_REPOSITORY "PC0913" "unsupported-repository" Error "a Git repository is of a kind that cannot be read";
    BAD_FORGE_FACTS "PC0914" "bad-forge-facts" Error "a file of facts about pull requests cannot be used";
    NOT_PLACED "PC0915" "not-placed" Error "a version cannot be put back without touching something else";
    NOTHING_TO_DO "PC0916" "nothing-to-do" Error "what was asked for is so already";
    FORGE "PC0917" "forge" Error "a forge could not answer, or said no";
    CONFLICT "PC0918" "merge-conflict" Error "two changes of the same places cannot be merged";
    REFUSED "PC0919" "refused" Error "what governs does not permit what was asked for";
    REMOTE "PC0920" "remote" Error "a remote could not be reached, or said no";
    BUSY "PC0921" "busy" Error "another policyc is writing to this repository";
    NOT_EDITED "PC0922" "not-edited" Error "a document cannot be edited so that only this changes";
    IN_USE "PC0923" "in-use" Error "another document names what is to be removed";
    CHANGED_MEANWHILE "PC0924" "changed-meanwhile" Error "a file changed while it was being edited";
    SIGNING_KEY "PC0931" "signing-key" Error "a key cannot sign tokens here";
    TOKEN_REFUSED "PC0932" "token-refused" Error "a decision token does not hold";
    BAD_REVOCATIONS "PC0933" "bad-revocations" Error "what is revoked in an environment cannot be read";
    MAIL "PC0934" "mail" Error "a mail could not be sent";
    NO_ADDRESS "PC0935" "no-mail-address" Error "somebody who is to be told has no mail address";
    ASSIST "PC0940" "assist" Error "a model could not be asked, or its answer cannot be used";
    NOT_ACCEPTED "PC0941" "not-accepted" Error "readings that a model proposes are accepted by nobody";
    BUG "PC0970" "internal-error" Error "policyc met a state that must not exist";
}
