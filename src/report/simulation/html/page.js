"use strict";
(() => {
  const all = (selector, root = document) => Array.from(root.querySelectorAll(selector));
  const one = (selector, root = document) => root.querySelector(selector);
  const number = new Intl.NumberFormat("en-US");

  // Groups of one direction, or all.
  const tabs = one("#group-tabs");
  if (tabs) {
    tabs.hidden = false;
    tabs.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (!button) return;
      for (const other of all("button", tabs)) other.setAttribute("aria-pressed", String(other === button));
      const way = button.dataset.way;
      const fold = one("#more-groups");
      if (fold && way !== "") fold.open = true;
      for (const group of all("#groups .one-way")) group.hidden = way !== "" && group.dataset.way !== way;
    });
  }

  // Changed actions: filter and sort.
  const form = one("#filters");
  const body = one("#changed tbody");
  if (form && body) {
    const rows = all("tr", body).map((row) => ({ row, text: row.textContent.toLowerCase() }));
    const shown = one("#shown");
    const clear = one("#clear");
    const fields = all("select", form);
    const free = one("input", form);
    const filter = () => {
      const words = free.value.toLowerCase().split(/\s+/).filter(Boolean);
      const wanted = fields.filter((field) => field.value !== "").map((field) => [field.name, field.value]);
      let count = 0;
      for (const { row, text } of rows) {
        const fits = wanted.every(([name, value]) => row.dataset[name] === value) && words.every((word) => text.includes(word));
        row.hidden = !fits;
        if (fits) count += 1;
      }
      shown.textContent = number.format(count);
      clear.hidden = words.length + wanted.length === 0;
    };
    let waiting = 0;
    free.addEventListener("input", () => {
      clearTimeout(waiting);
      waiting = setTimeout(filter, rows.length > 300 ? 120 : 0);
    });
    form.addEventListener("change", filter);
    form.addEventListener("submit", (event) => event.preventDefault());
    clear.addEventListener("click", () => {
      form.reset();
      filter();
      free.focus();
    });
    form.hidden = false;

    const key = (row, column) => {
      const cell = row.cells[column];
      return cell.dataset.k === undefined ? cell.textContent : Number(cell.dataset.k);
    };
    const words = new Intl.Collator("en", { numeric: true });
    const compare = (a, b) => (typeof a === "number" && typeof b === "number" ? a - b : words.compare(String(a), String(b)));
    for (const head of all("#changed thead th")) {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const down = head.getAttribute("aria-sort") === "ascending";
        for (const other of all("#changed thead th")) other.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        const keyed = rows.map(({ row }, rank) => ({ row, rank, key: key(row, head.cellIndex) }));
        keyed.sort((a, b) => (down ? -1 : 1) * compare(a.key, b.key) || a.rank - b.rank);
        body.append(...keyed.map(({ row }) => row));
      });
    }

    // From a group to its actions.
    const pick = (name, value) => {
      const field = fields.find((field) => field.name === name);
      if (field && value !== undefined) field.value = value;
    };
    for (const button of all("button.pick")) {
      button.hidden = false;
      button.addEventListener("click", () => {
        form.reset();
        for (const name of ["way", "from", "to", "agent", "action"]) pick(name, button.dataset[name]);
        filter();
        one("#changed").scrollIntoView();
        free.focus({ preventScroll: true });
      });
    }
  }

  // Which part is being read.
  const links = new Map(all(".nav a").map((link) => [link.hash.slice(1), link]));
  if ("IntersectionObserver" in window) {
    const seen = new Set();
    const watch = new IntersectionObserver((entries) => {
      for (const entry of entries) seen[entry.isIntersecting ? "add" : "delete"](entry.target.id);
      const current = [...links.keys()].find((id) => seen.has(id));
      for (const [id, link] of links) {
        if (id === current) link.setAttribute("aria-current", "true");
        else link.removeAttribute("aria-current");
      }
    }, { rootMargin: "-20% 0px -60% 0px" });
    for (const id of links.keys()) watch.observe(document.getElementById(id));
  }

  // Paper cannot be unfolded.
  addEventListener("beforeprint", () => {
    for (const group of all("details:not([open])")) {
      group.open = true;
      group.dataset.printed = "";
    }
  });
  addEventListener("afterprint", () => {
    for (const group of all("details[data-printed]")) {
      group.open = false;
      delete group.dataset.printed;
    }
  });
})();
