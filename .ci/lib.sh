# Shared by .ci/run and .ci/nightly: installs the Debian packages, counts tests and steps, and prints "N passed, N failed" at the end,
# whatever happens on the way.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

PACKAGES=(mender-client mender-artifact mender-cli swupdate cpio openssl curl chromium nginx-light postgresql-15 python3-venv
  python3-gi python3-aiohttp dbus-daemon zchunk)
export CI=true DEBIAN_FRONTEND=noninteractive

passed=0
failed=0
scratch=$(mktemp -d)

finish() {
  # Non-zero: a signal, or a command that nothing here expects to fail, ended the run early.
  if [[ ${1} != 0 ]]; then failed=$((failed + 1)); fi
  stop_postgresql || true
  rm -rf "$scratch"
  echo "$passed passed, $failed failed"
  if ((failed > 0)); then exit 1; fi
}
trap 'finish $?' EXIT
trap 'exit 143' TERM
trap 'exit 130' INT

is_installed() {
  [[ $(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null) == installed ]]
}

install_packages() {
  local missing=() package
  echo '--- client programs, a browser and servers'
  for package in "${PACKAGES[@]}"; do
    is_installed "$package" || missing+=("$package")
  done
  if ((${#missing[@]} == 0)); then return 0; fi
  { apt-get update -qq && apt-get install -qq -y --no-install-recommends "${missing[@]}"; } </dev/null || {
    failed=$((failed + 1))
    echo 'the packages could not be installed'
  }
}

# Runs a command that counts as one test.
step() {
  local name=$1 started=$SECONDS
  shift
  echo "--- $name"
  if "$@" </dev/null; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "$name failed"
  fi
  echo "--- $name took $((SECONDS - started)) s"
}

# Installs what package-lock.json names, and builds the server and the web UI, which the tests use.
build() {
  node -e 'import("./scripts/ready.js").then((ready) => ready.makeReadyForTests())'
}

declare -A begun

# Begins a command beside what follows; `step NAME result_of NAME` waits for it, prints what it wrote and counts it.
begin() {
  local name=$1
  shift
  "$@" </dev/null >"$scratch/$name" 2>&1 &
  begun[$name]=$!
}

result_of() {
  local status=0
  wait "${begun[$1]}" || status=$?
  cat "$scratch/$1"
  return "$status"
}

# Runs tests for at most some time, and writes a report.
report_tests() {
  local report=$1 longest=$2
  shift 2
  : >"$report"
  timeout --kill-after=30s "$longest" \
    npm test -- --reporter=default --reporter=json --outputFile.json="$report" "$@" </dev/null
}

# Counts each test of a report; a run that failed in no single test counts as one failure.
count_report() {
  local report=$1 outcome=$2 tests_passed=0 tests_failed=0
  read -r tests_passed tests_failed < <(count_tests "$report") || true
  if ((outcome != 0 && tests_failed == 0)); then tests_failed=1; fi
  passed=$((passed + tests_passed))
  failed=$((failed + tests_failed))
}

# Runs tests and counts each.
run_tests() {
  local name=$1 outcome=0 started=$SECONDS
  shift
  echo "--- $name"
  report_tests "$scratch/report.json" "$@" || outcome=$?
  count_report "$scratch/report.json" "$outcome"
  echo "--- $name took $((SECONDS - started)) s"
}

# Begins tests beside what follows; `end_tests NAME` waits for them, prints what they wrote and counts each.
begin_tests() {
  local name=$1
  shift
  begin "$name" report_tests "$scratch/${name// /-}.json" "$@"
}

end_tests() {
  local name=$1 outcome=0
  echo "--- $name"
  result_of "$name" || outcome=$?
  count_report "$scratch/${name// /-}.json" "$outcome"
}

# PostgreSQL 15, the oldest that Muster runs on, with a language's collation, as many installations have.
start_postgresql() {
  postgresql=$(mktemp -d) && chown postgres "$postgresql"
  as_postgres initdb -D "$postgresql/data" -U postgres -A trust -E UTF8 --locale=C --locale-provider=icu --icu-locale=en >/dev/null
  as_postgres pg_ctl start -w -D "$postgresql/data" -l "$postgresql/log" \
    -o "-c listen_addresses= -c unix_socket_directories=$postgresql -c max_connections=500"
}

stop_postgresql() {
  if [[ -z ${postgresql:-} ]]; then return 0; fi
  as_postgres pg_ctl stop -D "$postgresql/data" -m fast
  rm -rf "$postgresql"
}

as_postgres() {
  local program=$1
  shift
  (cd / && setpriv --reuid=postgres --regid=postgres --clear-groups "/usr/lib/postgresql/15/bin/$program" "$@")
}

count_tests() {
  node -e '
    let counts = {}
    try { counts = JSON.parse(require("fs").readFileSync(process.argv[1], "utf8")) } catch {}
    console.log(counts.numPassedTests ?? 0, counts.numFailedTests ?? 0)
  ' "$1"
}
