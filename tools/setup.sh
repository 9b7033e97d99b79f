#!/usr/bin/env bash
# Makes .venv: finds Python and Rust, installs the pinned uv, then everything that uv.lock names, and builds the Rust module.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
unset PYTHONPATH PYTHONHOME VIRTUAL_ENV CONDA_PREFIX UV_PROJECT_ENVIRONMENT UV_PYTHON CARGO_TARGET_DIR CARGO_BUILD_TARGET

refuse() {
    local line
    for line in "$@"; do
        [[ -z $line ]] || echo "yuzhong: $line" >&2
    done
    exit 1
}

found() {  # what there is instead, if anything
    if command -v "$1" >/dev/null; then
        echo "Found only: $("$1" --version 2>&1 | head -n 1)."
    fi
}

suitable_python() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11) or sys.implementation.name != "cpython")' 2>/dev/null
}

find_python() {
    local candidate
    for candidate in ${PYTHON:-} python3.13 python3.12 python3.11 python3 python; do
        if command -v "$candidate" >/dev/null && suitable_python "$candidate"; then
            echo "$candidate"
            return
        fi
    done
    return 1
}

suitable_cargo() {
    local version major minor
    version=$("$1" --version 2>/dev/null) || return 1
    version=${version#cargo }
    major=${version%%.*}
    minor=${version#*.}
    minor=${minor%%.*}
    [[ $major =~ ^[0-9]+$ && $minor =~ ^[0-9]+$ ]] && ((major > 1 || minor >= 85))
}

find_cargo() {
    local candidate
    for candidate in "$(command -v cargo || true)" "${CARGO_HOME:-$HOME/.cargo}/bin/cargo" /usr/lib/rust-*/bin/cargo; do
        if [[ -x $candidate ]] && suitable_cargo "$candidate"; then
            echo "$candidate"
            return
        fi
    done
    return 1
}

python=$(find_python) || refuse \
    "Python 3.11 or later (CPython) is needed and was not found among: python3.13 python3.12 python3.11 python3." \
    "Get it from your distribution (Debian, Ubuntu: apt install python3 python3-venv) or from python.org;" \
    "if it stands elsewhere: make setup PYTHON=/path/to/python3." \
    "$(found python3)"
cargo=$(find_cargo) || refuse \
    "Rust 1.85 or later (cargo) is needed to build the kernels and was not found." \
    "Get it with rustup (see rustup.rs) or from your distribution (Debian 13, Ubuntu 25.04: apt install cargo)." \
    "$(found cargo)"
command -v cc >/dev/null || refuse \
    "A C linker (cc) is needed to build the kernels and was not found." \
    "Get it from your distribution (Debian, Ubuntu: apt install gcc libc6-dev)."

if ! { [[ -x .venv/bin/python ]] && suitable_python .venv/bin/python && [[ $(cat .venv/.ready 2>/dev/null) == "$PWD" ]]; }; then
    "$python" -c 'import ensurepip, venv' 2>/dev/null || refuse \
        "$("$python" --version) comes without venv: apt install python3-venv, or set PYTHON to another one."
    echo "yuzhong: making .venv with $("$python" --version)"
    rm -rf .venv
    "$python" -m venv .venv
fi
rm -f .venv/.ready
dirname "$cargo" >.venv/.cargo

.venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r tools/bootstrap.txt
echo "yuzhong: installing what uv.lock names and building the kernels with $("$cargo" --version)"
PATH="$(cat .venv/.cargo):$PATH" .venv/bin/uv sync --locked --inexact --python .venv/bin/python --quiet
printf '%s\n' "$PWD" >.venv/.ready
