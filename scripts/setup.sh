# Sourced by ./run and ./test from the repository's root: brings in what is missing, says what it installs, and is
# quick when nothing is left to do.

say() { printf '%s\n' "$*" >&2; }
die() { say "set-up: $*"; exit 1; }

# need_packages PACKAGE...: Debian packages, by apt where we may.
need_packages() {
  local missing=() package
  for package in "$@"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return 0
  command -v apt-get >/dev/null || die "these packages are missing and there is no apt-get: ${missing[*]}"
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    sudo -n true 2>/dev/null || die "these system packages are missing: ${missing[*]}. Run: sudo apt-get install --no-install-recommends ${missing[*]}"
    as_root=(sudo -n)
  fi
  say "set-up: installing system packages: ${missing[*]}"
  local log; log=$(mktemp)
  { "${as_root[@]}" apt-get update && "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
      apt-get install -y --no-install-recommends "${missing[@]}"; } >"$log" 2>&1 ||
    { tail -n 5 "$log" >&2; die "apt-get could not install ${missing[*]} (whole log: $log)"; }
  rm -f "$log"
}

# python_311: the first Python 3.11 found.
python_311() {
  local candidate
  for candidate in python3.11 python3 /usr/bin/python3.11; do
    command -v "$candidate" >/dev/null && "$candidate" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null &&
      { echo "$candidate"; return; }
  done
  die "Python 3.11 is needed (Debian 12 has it: apt-get install python3)"
}

# need_python LOCK: the virtual environment in .venv with exactly what the lock file names.
need_python() {
  local lock=$1 stamp python
  stamp=$(cat "$lock" locks/bootstrap.lock pyproject.toml | sha256sum | cut -c1-16)
  # A set-up for tests holds all that serving needs.
  grep -qsx "$stamp" .venv/.set-up-"$(basename "$lock")" && return 0
  [ "$lock" = requirements.lock ] && [ -e .venv/.set-up-dev.lock ] && need_python locks/dev.lock && return 0
  python=$(python_311) || exit 1
  "$python" -c 'import ensurepip' 2>/dev/null || need_packages python3.11-venv
  # A virtual environment knows its place: one that was moved or copied is made anew.
  .venv/bin/python -c "import sys; sys.exit(sys.prefix != '$PWD/.venv')" 2>/dev/null || { rm -rf .venv; "$python" -m venv .venv; }
  say "set-up: installing Python packages from $lock"
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r locks/bootstrap.lock ||
    die "pip could not install uv and setuptools: is a package index reachable?"
  .venv/bin/uv pip install --quiet --python .venv/bin/python --require-hashes -r "$lock" ||
    die "the Python packages of $lock could not be installed: is a package index reachable?"
  .venv/bin/uv pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation --editable . ||
    die "the project itself could not be installed into .venv"
  echo "$stamp" > .venv/.set-up-"$(basename "$lock")"
}

# need_front_end [--dev]: third-party scripts and fonts from npm into frontend-static/vendor.
need_front_end() {
  local dev=${1:-} stamp
  stamp=$(cat package-lock.json frontend-static/vendor.mjs | sha256sum | cut -c1-16)
  grep -qsx "$stamp$dev" frontend-static/vendor/.set-up && return 0
  [ -z "$dev" ] && grep -qsx "$stamp--dev" frontend-static/vendor/.set-up && return 0
  if ! command -v npm >/dev/null; then
    [ -x .venv/bin/npm ] || { say "set-up: installing Node.js into .venv"
      .venv/bin/uv pip install --quiet --python .venv/bin/python --require-hashes -r locks/node.lock ||
        die "Node.js could not be installed from the package index"; }
    PATH="$PWD/.venv/bin:$PATH"
  fi
  say "set-up: installing front-end packages"
  npm ci --silent --ignore-scripts --no-audit --no-fund $([ -n "$dev" ] || echo --omit=dev) ||
    die "npm could not install the front-end packages: is a registry reachable?"
  node frontend-static/vendor.mjs || die "the front-end packages could not be copied"
  echo "$stamp$dev" > frontend-static/vendor/.set-up
}
