#!/usr/bin/env bash
# Runs the Rust module's own tests. Their binary links to Python, so they need a Python that comes with its library.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

library_of() {
    .venv/bin/python -c 'import sysconfig as s; print(s.get_config_var("LIBDIR") or "", s.get_config_var("LDLIBRARY") or "", sep="/")'
}

library=$(library_of)
if [[ ! -e $library ]]; then
    echo "yuzhong: the Rust module's own tests are left out: this Python has no library to link with ($library)."
    echo "yuzhong: Debian, Ubuntu: apt install python3-dev. The Python tests compare the module with its twins all the same."
    exit 0
fi
PATH="$(cat .venv/.cargo):$PATH" PYO3_PYTHON="$PWD/.venv/bin/python" LD_LIBRARY_PATH="$(dirname "$library"):${LD_LIBRARY_PATH:-}" \
    cargo test --manifest-path kernels/Cargo.toml --locked --quiet
