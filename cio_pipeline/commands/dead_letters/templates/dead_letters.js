const ROWS_OF_A_PAGE = 100;
const NOT_REQUEUED = {
  invalid_record: "not possible, because the record could not be mapped",
  refused_later: "not possible, because it would be refused again",
};
const dataIn = (id) => JSON.parse(byId(id).textContent);
const grouped = new Intl.NumberFormat("en").format;

/* Escapes invisible characters and those that change the direction of text, so that
   no name can look like another one. */
const visible = (text) =>
  text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, (each) =>
    each.codePointAt(0) > 0xffff
      ? `\\u{${each.codePointAt(0).toString(16)}}`
      : `\\u${each.charCodeAt(0).toString(16).padStart(4, "0")}`);

/* Indents JSON text, token by token, because JSON.parse would round large integers. */
function pretty(json) {
  let depth = 0;
  const line = () => "\n" + "  ".repeat(Math.min(depth, 30));
  return json.replace(/"(?:[^"\\]|\\.)*"|\[\]|\{\}|[[{]|[\]}]|, ?|: ?/g, (token) => {
    switch (token.trim()) {
      case "{": case "[": depth += 1; return token + line();
      case "}": case "]": depth -= 1; return line() + token;
      case ",": return "," + line();
      default: return visible(token);
    }
  });
}

function readLetters() {
  return dataIn("letters").map(
    ([id, user, record, source, reason, status, message, attempts, failedAt, run, payload, what]) =>
      ({ id, user, record, source, reason, status, message, attempts, failedAt, run, payload, what }));
}

function sortKey(letter, name) {
  const value = letter[name];
  return name === "user" && value !== null && /^\d{1,15}$/.test(value) ? Number(value) : value;
}

/* Numbers first, then texts. */
function compare(a, b) {
  if (a === b) return 0;
  if (typeof a !== typeof b) return typeof a === "number" ? -1 : 1;
  return a < b ? -1 : 1;
}

/* Missing values come last in both directions. */
function sorted(letters, { name, isDescending }) {
  const keyed = letters.map((letter) => [sortKey(letter, name), letter]);
  const sign = isDescending ? -1 : 1;
  keyed.sort(([a, x], [b, y]) =>
    (a === null) - (b === null) || sign * (compare(a, b) || x.id - y.id));
  return keyed.map(([, letter]) => letter);
}

function startTable() {
  const causes = dataIn("causes");
  const [requeue, discard] = dataIn("commands");
  const all = readLetters();
  const state = { sort: { name: "failedAt", isDescending: true }, page: 0 };
  let ordered = sorted(all, state.sort);
  let found = ordered;

  const cell = (name, text, ...more) => {
    const td = document.createElement("td");
    td.setAttribute("role", "cell");
    td.className = [name, ...more].join(" ");
    td.textContent = text;
    return td;
  };

  function rowOf(letter) {
    const row = document.createElement("tr");
    row.setAttribute("role", "row");
    row.className = "letter";
    row.dataset.id = letter.id;
    const opener = cell("opener", "");
    const button = document.createElement("button");
    button.type = "button";
    button.setAttribute("aria-expanded", "false");
    button.setAttribute("aria-label", `Payload of dead letter ${letter.id}`);
    opener.append(button);
    row.append(
      cell("id", letter.id),
      letter.user === null ? cell("user", "no user id", "none") : cell("user", visible(letter.user) + (letter.what && ` (${letter.what})`)),
      cell("reason", visible(letter.reason)),
      cell("status", letter.status ?? "", "number"),
      cell("message", visible(letter.message)),
      cell("attempts", letter.attempts, "number"),
      cell("failedAt", letter.failedAt.slice(0, 19).replace("T", " ")),
      opener);
    row.letter = letter;
    return row;
  }

  function detailsOf(letter) {
    const row = document.createElement("tr");
    row.setAttribute("role", "row");
    row.className = "details";
    const td = cell("", "");
    td.colSpan = 8;
    td.append(byId("details").content.cloneNode(true));
    const record = letter.record === null ? "" : `${grouped(letter.record)} of `;
    const fields = {
      message: visible(letter.message),
      record: record + visible(letter.source),
      run: visible(letter.run),
      requeue: NOT_REQUEUED[letter.reason] ?? `${requeue} ${letter.id}`,
      discard: `${discard} ${letter.id}`,
    };
    for (const [name, text] of Object.entries(fields)) {
      td.querySelector(`[data-field="${name}"]`).textContent = text;
    }
    td.querySelector(".payload").textContent = pretty(letter.payload);
    row.append(td);
    return row;
  }

  function toggle(row) {
    const button = row.querySelector(".opener button");
    const isOpen = button.getAttribute("aria-expanded") === "true";
    button.setAttribute("aria-expanded", String(!isOpen));
    if (isOpen) row.nextElementSibling.remove();
    else row.after(detailsOf(row.letter));
  }

  function draw() {
    const from = state.page * ROWS_OF_A_PAGE;
    const shown = found.slice(from, from + ROWS_OF_A_PAGE);
    byId("rows").replaceChildren(...shown.map(rowOf));
    byId("found").textContent = found.length === all.length
      ? `${grouped(all.length)} letters`
      : `${grouped(found.length)} of ${grouped(all.length)} letters`;
    byId("page").textContent = found.length
      ? `${grouped(from + 1)}–${grouped(from + shown.length)} of ${grouped(found.length)}`
      : "No matches.";
    byId("previous").disabled = state.page === 0;
    byId("next").disabled = from + ROWS_OF_A_PAGE >= found.length;
  }

  function turn(pages) {
    state.page += pages;
    draw();
    byId("table").scrollIntoView();
  }

  /* The text that is searched, made on the first search. */
  const haystack = (letter) =>
    (letter.haystack ??= [letter.id, letter.user, letter.message, letter.reason, letter.what, letter.payload].join("\n").toLowerCase());

  function causeTest(value) {
    if (value === "") return () => true;
    if (!value.startsWith("#")) return (letter) => letter.reason === value;
    const [reason, status, message] = causes[Number(value.slice(1))];
    return (letter) => letter.message === message && letter.reason === reason && letter.status === status;
  }

  function filter() {
    const words = byId("search").value.toLowerCase().split(/\s+/).filter(Boolean);
    const cause = byId("cause").value;
    const run = byId("run").value;
    const isOfCause = causeTest(cause);
    found = ordered.filter((letter) =>
      isOfCause(letter) && (run === "" || letter.run === run) &&
      words.every((word) => haystack(letter).includes(word)));
    for (const button of document.querySelectorAll(".cause")) {
      button.setAttribute("aria-pressed", String(`#${button.dataset.cause}` === cause));
    }
    byId("clear").hidden = !(words.length || cause || run);
    state.page = 0;
    draw();
  }

  function sortBy(header) {
    const name = header.dataset.sort;
    const isAgain = state.sort.name === name;
    state.sort = { name, isDescending: isAgain && !state.sort.isDescending };
    ordered = sorted(all, state.sort);
    showSort();
    filter();
  }

  function showSort() {
    for (const header of document.querySelectorAll("th[data-sort]")) {
      header.removeAttribute("aria-sort");
      if (header.dataset.sort === state.sort.name) {
        header.setAttribute("aria-sort", state.sort.isDescending ? "descending" : "ascending");
      }
    }
  }

  function offerRuns() {
    const runs = [...new Set(all.map((letter) => letter.run))].sort().reverse();
    byId("run").append(...runs.map((run) => new Option(visible(run), run)));
    byId("runs").hidden = runs.length < 2;
  }

  let pause;
  byId("search").addEventListener("input", () => {
    clearTimeout(pause);
    pause = setTimeout(filter, 120);
  });
  byId("cause").addEventListener("change", filter);
  byId("run").addEventListener("change", filter);
  document.querySelector(".tools").addEventListener("submit", (event) => {
    event.preventDefault();
    filter();
  });
  byId("clear").addEventListener("click", () => {
    for (const id of ["search", "cause", "run"]) byId(id).value = "";
    filter();
    byId("search").focus();
  });
  for (const button of document.querySelectorAll(".cause")) {
    button.addEventListener("click", () => {
      const value = `#${button.dataset.cause}`;
      const isChosen = byId("cause").value === value;
      byId("cause").value = isChosen ? "" : value;
      filter();
      if (!isChosen) byId("rows-title").scrollIntoView();
    });
  }
  for (const header of document.querySelectorAll("th[data-sort]")) {
    header.querySelector("button").addEventListener("click", () => sortBy(header));
  }
  byId("rows").addEventListener("click", (event) => {
    const row = event.target.closest(".letter");
    if (row && getSelection().isCollapsed) toggle(row);
  });
  byId("previous").addEventListener("click", () => turn(-1));
  byId("next").addEventListener("click", () => turn(1));

  offerRuns();
  showSort();
  draw();
  byId("table").hidden = false;
}

if (byId("letters")) startTable();
