//! README's examples and the command cases of `tests/cmd`, run and compared. `TRYCMD=overwrite cargo test --test commands`
//! writes what was printed.

#[test]
fn examples_print_what_they_say() {
    trycmd::TestCases::new()
        .env("NO_COLOR", "1")
        .env("COLUMNS", "100")
        .env("GITHUB_ACTIONS", "")
        .case("README.md")
        .case("tests/cmd/*.trycmd");
}
