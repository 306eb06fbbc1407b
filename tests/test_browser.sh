#!/usr/bin/env bash
# test_browser.sh -- the HTML report in a headless Chromium: console, network, width, contrast, keyboard, sorting; speaks TAP
#
# TWOSTAGE=PROGRAM top_srcdir=DIR tests/test_browser.sh   CHROMIUM is the browser; without one the test is skipped.
#
# The browser is driven over a pipe by its own debugging protocol: messages are JSON, each ended by a zero byte.
# shellcheck source=tests/tap.sh
. "$(dirname "$0")/tap.sh"
browser=${CHROMIUM:-$(command -v chromium || command -v chromium-browser || command -v google-chrome)}
if [[ -z $browser ]]; then
  skip_all 'no chromium is installed (./bootstrap --all-tests)'
fi
browser_pid=
finish() {
  [[ -n $browser_pid ]] && kill "$browser_pid" 2>/dev/null && wait "$browser_pid" 2>/dev/null
  rm -rf "$work" 2>/dev/null || { sleep 1 && rm -rf "$work"; }
}
trap finish EXIT
trap 'exit 99' HUP INT TERM
cd "$work" || exit 99
message=0 session=

# ask METHOD PARAMETERS: $answer is the reply; events that came in between are added to the file events.
ask() {
  message=$((message + 1))
  printf '{"id":%d,"method":"%s","params":%s%s}\0' $message "$1" "${2:-{\}}" "${session:+,\"sessionId\":\"$session\"}" >&7
  while IFS= read -r -d '' -t 60 answer <&8; do
    [[ $answer == '{"id":'$message,* ]] && return
    printf '%s\n' "$answer" >>events
  done
  echo "Bail out! the browser does not answer $1"
  exit 99
}

# member NAME: a text of the answer without quotes in it.
member() {
  sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p" <<<"$answer"
}

# Text as a JSON string.
quoted() {
  printf '"'
  sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/	/\\t/g' | awk 'NR > 1 { printf "\\n" } { printf "%s", $0 }'
  printf '"'
}

# evaluate EXPRESSION: $value is the text that it comes to.
evaluate() {
  ask Runtime.evaluate "{\"returnByValue\":true,\"awaitPromise\":true,\"expression\":$(quoted <<<"$1")}"
  value=$(sed -n 's/.*"value":"\(.*\)"}}.*/\1/p' <<<"$answer" | sed -e 's/\\n/\n/g' -e 's/\\"/"/g')
  [[ $answer == *'"type":"string"'* ]] || value="no text came back: ${answer:0:300}"
}

# press KEY CODE [TEXT]
press() {
  ask Input.dispatchKeyEvent "{\"type\":\"keyDown\",\"key\":\"$1\",\"code\":\"$1\",\"windowsVirtualKeyCode\":$2${3:+,\"text\":\"$3\"}}"
  ask Input.dispatchKeyEvent "{\"type\":\"keyUp\",\"key\":\"$1\",\"code\":\"$1\",\"windowsVirtualKeyCode\":$2}"
}

# show WIDTH SCHEME MEDIA PAGE: the page in a window of that width.
show() {
  ask Emulation.setDeviceMetricsOverride "{\"width\":$1,\"height\":800,\"deviceScaleFactor\":1,\"mobile\":false}"
  ask Emulation.setEmulatedMedia "{\"media\":\"$3\",\"features\":[{\"name\":\"prefers-color-scheme\",\"value\":\"$2\"}]}"
  ask Page.navigate "{\"url\":\"file://$4\"}"
  evaluate 'new Promise(function (done) { (function wait() { document.readyState === "complete" ? done("ready") : setTimeout(wait, 20); })(); })'
}

# ---- pages: all readings with what-ifs and lemmas, and a sweep with rates. Claims may fail. ----

"$TWOSTAGE" verify --instance quick --set N=32 L=16 t2=200 --engine double --reading all --what-if adam --what-if softmax \
  --quiet --out verify >/dev/null
"$TWOSTAGE" sweep --instance quick --set N=32 L=16 t2=60 --along d=4,6,8 --along u=0.3,0.4 --seeds 3 --quiet --out sweep >/dev/null
problem=
for page in verify sweep; do
  grep -q "http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:;" $page/report.html ||
    problem="$problem $page/report.html may ask the network;"
  grep -q '<img src="data:image/svg+xml' $page/report.html || problem="$problem no picture in $page/report.html;"
done
grep -q '<math' verify/report.html || problem="$problem no formula is set;"
grep -q 'id="what-ifs"' verify/report.html || problem="$problem no what-ifs;"
grep -q 'id="rates"' sweep/report.html || problem="$problem no rates;"
result "the pages have pictures, formulas, what-ifs and rates" "$problem"

# ---- the browser ----

mkfifo to from
"$browser" --headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run --remote-debugging-pipe \
  --user-data-dir="$work/profile" about:blank 3<to 4>from >browser.log 2>&1 &
browser_pid=$!
exec 7>to 8<from
ask Target.createTarget '{"url":"about:blank"}'
ask Target.attachToTarget "{\"targetId\":\"$(member targetId)\",\"flatten\":true}"
session=$(member sessionId)
for domain in Page Runtime Log; do
  ask $domain.enable
done

check=$(<"$top_srcdir/tests/browser.js")
for page in verify sweep; do
  for look in '360 light screen' '360 dark screen' '1100 light screen' '1100 dark screen' '700 light print'; do
    # shellcheck disable=SC2086 # three words
    show $look "$work/$page/report.html"
    evaluate 'Array.prototype.forEach.call(document.querySelectorAll("details"), function (d) { d.open = true; }); "open"'
    evaluate "$check"
    result "$page, $look: width, names, contrast" "$value"
  done
done

# Sorting with the keyboard alone: Tab to the first heading of a table, Enter; the column is in order, and again the other way.
for page in verify sweep; do
  show 1100 light screen "$work/$page/report.html"
  evaluate 'document.querySelector("table.sortable").closest(".scroll").focus(); document.activeElement.className'
  press Tab 9
  evaluate 'document.activeElement.tagName + " " + document.activeElement.textContent'
  problem=
  [[ $value == 'BUTTON claim' ]] || problem="Tab leads to '$value', expected the button of the heading 'claim';"
  order='(function () { var t = document.querySelector("table.sortable"), h = t.tHead.rows[0].cells[0];
    var is = Array.prototype.map.call(t.tBodies[0].rows, function (r) { return r.cells[0].textContent; });
    var want = is.slice().sort();
    if (h.getAttribute("aria-sort") === "descending") want.reverse();
    return h.getAttribute("aria-sort") + " " + (is.join() === want.join() ? "in order" : is.join()) + " " + (is.length > 5); })()'
  for want in ascending descending; do
    press Enter 13 '\r'
    evaluate "$order"
    [[ $value == "$want in order true" ]] || problem="$problem after Enter: $value, expected $want;"
  done
  result "$page: a table sorts by the keyboard alone" "$problem"
done

# Everything that can be pressed is reached by Tab, in the order of the page, and shows that it has the focus.
show 360 light screen "$work/verify/report.html"
evaluate '(function () { var seen = 0, hidden = 0;
  Array.prototype.forEach.call(document.querySelectorAll("a[href], button, summary, .scroll"), function (e) {
    e.focus({focusVisible: true}); seen++;
    if (document.activeElement !== e) hidden++;
    else if (getComputedStyle(e).outlineStyle === "none" && !e.classList.contains("skip")) hidden++; });
  return hidden + " of " + (seen > 50); })()'
problem=
[[ $value == '0 of true' ]] || problem="$value elements take no focus or do not show it, expected 0 of more than 50"
result "the keyboard reaches every link, button and region" "$problem"

# ---- what the browser said meanwhile ----

problem=$(grep -E '"method":"(Runtime.exceptionThrown|Runtime.consoleAPICalled|Log.entryAdded)"' events | cut -c1-300)
result "the console is silent: no error, and nothing that the page's policy had to refuse" "$problem"
plan
