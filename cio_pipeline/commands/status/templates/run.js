/* Shows what the server sends, until it ends. Only the live page has the notice. */
function startLive() {
  const notice = byId("live");
  if (!notice) return;
  const policy = window.trustedTypes?.createPolicy("page-parts", { createHTML: (html) => html });
  const trusted = (html) => (policy ? policy.createHTML(html) : html);
  const time = () => new Date().toISOString().slice(11, 19);

  function tell(text, isOver) {
    if (notice.textContent !== text) notice.textContent = text;
    notice.classList.toggle("over", isOver);
  }

  /* What is open, scrolled or has the focus stays as it is. */
  function replace(element, html) {
    const all = (selector) => [...element.querySelectorAll(selector)];
    const open = all("details").map((each) => each.open);
    const scrolled = all(".scroll").map((each) => [each.scrollLeft, each.scrollTop]);
    const focus = all("summary, [tabindex]").indexOf(document.activeElement);
    element.innerHTML = trusted(html);
    all("details").forEach((each, index) => { each.open = open[index] ?? false; });
    all(".scroll").forEach((each, index) => { [each.scrollLeft, each.scrollTop] = scrolled[index] ?? [0, 0]; });
    all("summary, [tabindex]")[focus]?.focus({ preventScroll: true });
  }

  const source = new EventSource("events");
  source.addEventListener("parts", (event) => {
    const { run, parts } = JSON.parse(event.data);
    if (run !== notice.dataset.run) {
      location.reload();
      return;
    }
    for (const [name, html] of Object.entries(parts)) {
      replace(document.querySelector(`[data-part="${name}"]`), html);
    }
  });
  source.addEventListener("open", () => tell("Live. This page changes with the run.", false));
  source.addEventListener("end", () => {
    source.close();
    tell(`The command status -serve has ended, at ${time()} UTC. This page no longer changes.`, true);
  });
  source.addEventListener("error", () => {
    if (notice.classList.contains("over")) return;
    tell(`No connection to status -serve since ${time()} UTC. This page does not change until it is back.`, true);
  });
}

startLive();
