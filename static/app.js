// What the page does besides htmx and Basecoat. Listeners sit on the document,
// so that swapped-in content needs no setting up.
(() => {
  const byId = (id) => document.getElementById(id);

  // ---- Theme and navigation

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-theme-toggle]")) window.basecoat.theme.toggle();
  });

  const menuButton = byId("menu-button");
  const menu = byId("sidebar");
  if (menu && menuButton) {
    menuButton.addEventListener("click", () => {
      menu.open();
      menu.querySelector("a").focus();
    });
    menu.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && getComputedStyle(menuButton).display !== "none") {
        menu.close();
        menuButton.focus();
      }
    });
    new MutationObserver(() => {
      menuButton.setAttribute("aria-expanded", String(menu.getAttribute("aria-hidden") === "false"));
    }).observe(menu, { attributeFilter: ["aria-hidden"] });
  }

  // ---- The shared dialog: what is swapped into it opens it

  const dialog = byId("dialog");
  // It is emptied at once: the event of its closing comes later, and a swap between them would open again what is left in it.
  const closeDialog = () => {
    if (!dialog?.open) return;
    dialog.close();
    dialog.replaceChildren();
  };
  dialog?.addEventListener("close", () => dialog.replaceChildren());
  // What was typed is not lost by Escape or by a click beside the dialog. Cancel is meant.
  const changed = (field) => {
    if (field.matches("select")) return field.selectedIndex !== Math.max([...field.options].findIndex((o) => o.defaultSelected), 0);
    if (field.matches("input[type=checkbox], input[type=radio]")) return field.checked !== field.defaultChecked;
    return field.matches("input:not([type=hidden], [type=search], [type=submit]), textarea") && field.value !== field.defaultValue;
  };
  const unsaved = () => [...dialog.querySelectorAll("form:not([role=search])")].some(
    (form) => form.matches("[data-unsaved]") || (form.method === "post" && [...form.elements].some(changed)),
  );
  dialog?.addEventListener("cancel", (event) => {
    if (event.target !== dialog || !unsaved()) return;
    event.preventDefault();
    askFor({ title: "Close without saving?", text: "What you entered here is lost.", button: "Close it", then: closeDialog });
  });
  // Handlers close it with the header HX-Trigger: dialog:close.
  document.addEventListener("dialog:close", closeDialog);
  document.addEventListener("click", (event) => {
    const closer = event.target.closest("[data-close-dialog]");
    if (closer && dialog?.contains(closer)) {
      event.preventDefault();
      closeDialog();
    }
  });

  // Browsers without invoker commands open and close dialogs here.
  if (!("command" in HTMLButtonElement.prototype)) {
    document.addEventListener("click", (event) => {
      const button = event.target.closest("button[commandfor]");
      const target = button && byId(button.getAttribute("commandfor"));
      if (!target) return;
      if (button.getAttribute("command") === "show-modal") target.showModal();
      else target.close();
    });
  }

  // ---- Asking before something is lost: data-confirm on a form or its button.
  // data-confirm-option offers a choice; choosing it gives the form's input with
  // data-confirm-value that value.

  const ask = byId("ask");
  let asked = null; // the form and button that wait for an answer, or what is done then
  const askFor = ({ title, text, button, option, ...question }) => {
    asked = question;
    byId("ask-title").textContent = title;
    byId("ask-text").textContent = text;
    ask.querySelector("[data-answer=yes]").textContent = button;
    byId("ask-option").hidden = !option;
    byId("ask-option").querySelector("span").textContent = option ?? "";
    byId("ask-option").querySelector("input").checked = false;
    ask.showModal();
  };
  document.addEventListener("submit", (event) => {
    const form = event.target;
    const asking = event.submitter?.closest("[data-confirm]") ?? form.closest("[data-confirm]");
    if (!ask || !asking || form.dataset.confirmed) {
      delete form.dataset.confirmed;
      return;
    }
    event.preventDefault();
    event.stopImmediatePropagation();
    const { confirmTitle: title, confirm: text, confirmButton: button, confirmOption: option } = asking.dataset;
    askFor({ title, text, button, option, form, submitter: event.submitter });
  }, true);
  ask?.addEventListener("click", (event) => {
    const answer = event.target.closest("[data-answer]")?.dataset.answer;
    if (!answer) return;
    ask.close();
    if (answer === "yes" && asked?.then) asked.then();
    else if (answer === "yes" && asked) {
      const choice = asked.form.querySelector("[data-confirm-value]");
      if (choice && byId("ask-option").querySelector("input").checked) choice.value = choice.dataset.confirmValue;
      asked.form.dataset.confirmed = "true";
      asked.form.requestSubmit(asked.submitter);
    }
    asked = null;
  });

  // ---- Forms that take a while, such as uploads, say so: data-busy names what says it

  document.addEventListener("submit", (event) => {
    const busy = !event.defaultPrevented && byId(event.target.dataset.busy);
    if (busy) busy.hidden = false;
  });

  // ---- Tables

  document.addEventListener("change", (event) => {
    const all = event.target.closest("[data-check-all]");
    if (!all) return;
    for (const box of all.form.elements) {
      if (box.name === all.dataset.checkAll && !box.disabled) box.checked = all.checked;
    }
  });

  // Ticks of a form with data-keep-ticks="name" last over the pages of its table, for as long as the tab does: what is ticked on
  // another page goes with the form as hidden fields, and the form says how many there are. A form with data-uses-ticks, once it has led
  // to another page, has done what they were for.

  const keptIn = (form) => new Set(JSON.parse(sessionStorage.getItem("ticks-" + form.id) ?? "[]"));
  const showKept = (form) => {
    const kept = keptIn(form), name = form.dataset.keepTicks;
    for (const field of form.querySelectorAll("input[type=hidden][data-kept]")) field.remove();
    const here = new Set();
    for (const box of form.elements) {
      if (box.type !== "checkbox" || box.name !== name) continue;
      box.checked = kept.has(box.value);
      here.add(box.value);
    }
    for (const value of kept) {
      if (here.has(value)) continue;
      const field = Object.assign(document.createElement("input"), { type: "hidden", name, value });
      field.dataset.kept = "";
      form.append(field);
    }
    form.querySelector("[data-kept-count]").textContent = kept.size
      ? `${kept.size} selected` + ([...kept].some((value) => !here.has(value)) ? ", also on other pages" : "")
      : "";
    form.querySelector("[data-keep-none]").hidden = !kept.size;
  };
  const keep = (form, kept) => {
    sessionStorage.setItem("ticks-" + form.id, JSON.stringify([...kept]));
    showKept(form);
  };
  const keepTicks = (form) => {
    const kept = keptIn(form);
    for (const box of form.elements) {
      if (box.type === "checkbox" && box.name === form.dataset.keepTicks) kept[box.checked ? "add" : "delete"](box.value);
    }
    keep(form, kept);
  };
  document.addEventListener("change", (event) => {
    const form = event.target.form;
    if (form?.matches("[data-keep-ticks]")) keepTicks(form);
  });
  document.addEventListener("click", (event) => {
    const none = event.target.closest("[data-keep-none]");
    if (none) keep(none.form, []);
  });
  document.addEventListener("submit", (event) => {
    const used = event.target.dataset.usesTicks;
    if (used) sessionStorage.setItem("ticks-used", used);
  });
  sessionStorage.removeItem("ticks-" + sessionStorage.getItem("ticks-used"));
  sessionStorage.removeItem("ticks-used");
  const showAllKept = () => document.querySelectorAll("form[data-keep-ticks]").forEach(showKept);
  showAllKept();
  addEventListener("pageshow", showAllKept);
  document.addEventListener("htmx:after:swap", showAllKept);

  document.addEventListener("click", (event) => {
    const copier = event.target.closest("[data-copy]");
    if (!copier) return;
    navigator.clipboard?.writeText(byId(copier.dataset.copy).textContent.trim());
    copier.textContent = "Copied";
  });

  // Rows that are chosen in a form with data-choosing: how many they are, and what they come to in seats and in money. Sums are made
  // of whole numbers of the millionth part, since decimals are exact.

  const millionths = (text) => {
    const [, sign, whole, fraction = ""] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text) ?? [];
    return whole === undefined ? null : BigInt(sign + whole + fraction.padEnd(6, "0").slice(0, 6));
  };
  const written = (sum, digits) => {
    const text = String(sum < 0n ? -sum : sum).padStart(7, "0");
    const whole = text.slice(0, -6).replace(/\B(?=(\d{3})+$)/g, ",");
    const fraction = text.slice(-6).replace(/0+$/, "").padEnd(digits, "0");
    return (sum < 0n ? "−" : sum > 0n ? "+" : "") + whole + (fraction && "." + fraction);
  };
  const sumOf = (boxes) => {
    const seats = boxes.reduce((sum, box) => sum + (millionths(box.dataset.seats) ?? 0n), 0n);
    const parts = [written(seats, 0) + (written(seats, 0).slice(1) === "1" ? " seat" : " seats")];
    const money = new Map();
    let unpriced = 0;
    for (const { dataset: { amount, currency } } of boxes) {
      const worth = millionths(amount);
      if (worth === null) unpriced++;
      else {
        const [sum, digits] = money.get(currency) ?? [0n, 0];
        money.set(currency, [sum + worth, Math.max(digits, amount.split(".")[1]?.length ?? 0)]);
      }
    }
    for (const [currency, [sum, digits]] of money) parts.push(`${written(sum, digits)} ${currency}`.trim());
    if (unpriced) parts.push(`${unpriced} without a price`);
    return parts.join(", ");
  };
  const showChosen = (form) => {
    const boxes = [...form.querySelectorAll("input[name=row]")];
    const chosen = boxes.filter((box) => box.checked);
    for (const box of boxes) box.closest("tr").setAttribute("aria-selected", String(box.checked));
    const count = form.querySelector("[data-chosen-count]");
    if (!count) return;
    count.textContent = chosen.length ? `${chosen.length} chosen` : "None chosen";
    form.querySelector("[data-chosen-sum]").textContent = chosen.length ? sumOf(chosen) : "";
    form.querySelector("[data-choose-none]").hidden = !chosen.length;
  };
  document.addEventListener("change", (event) => {
    const form = event.target.form;
    if (form?.matches("[data-choosing]")) showChosen(form);
  });
  document.addEventListener("click", (event) => {
    const none = event.target.closest("[data-choose-none]");
    if (!none) return;
    for (const box of none.form.querySelectorAll("input[type=checkbox]")) box.checked = false;
    showChosen(none.form);
  });
  const showAllChosen = () => document.querySelectorAll("form[data-choosing]").forEach(showChosen);
  showAllChosen();
  addEventListener("pageshow", showAllChosen);

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-print]")) print();
  });

  // ---- The time here, beside the time from which all others are

  for (const time of document.querySelectorAll("time[data-here]")) {
    const here = new Date(time.dateTime);
    if (!here.getTimezoneOffset()) continue;
    const text = document.createElement("span");
    text.className = "unit";
    text.textContent = ` · ${here.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" })} here`;
    time.after(text);
  }

  // ---- Tables whose rows are moved through with the keyboard. Letters work only
  // while a row has the focus, so that they are in nobody's way.

  const rowsOf = (table) => [...table.querySelectorAll("tbody > tr")];
  const focusRow = (row) => {
    if (!row) return;
    row.focus();
    row.scrollIntoView({ block: "nearest" });
  };
  const inRow = {
    Enter: (row) => row.querySelector("select, input[role=combobox], summary, button")?.focus(),
    x: (row) => row.querySelector("input[type=checkbox]:not(:disabled)")?.click(),
    m: (row) => row.querySelector("[data-key=m]")?.click(),
    r: (row) => row.querySelector("[data-key=r]")?.click(),
    a: () => document.querySelector(".bulk.sticky button")?.click(),
    n: () => document.querySelector(".pager a:last-child[href]")?.click(),
    p: () => document.querySelector(".pager a:first-child[href]")?.click(),
    "/": () => document.querySelector(".filters input[type=search]")?.focus(),
  };
  document.addEventListener("keydown", (event) => {
    const table = document.querySelector("table[data-rows]");
    if (!table || event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === "ArrowDown" && event.target.matches(".filters input[type=search]")) {
      event.preventDefault();
      focusRow(rowsOf(table)[0]);
      return;
    }
    const row = event.target.closest("table[data-rows] tbody > tr");
    if (!row) return;
    if (event.target !== row) {
      const listOpen = event.target.getAttribute("aria-expanded") === "true";
      if (event.key === "Escape" && !listOpen) focusRow(row);
      return;
    }
    const rows = rowsOf(table);
    const step = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 }[event.key];
    if (step) focusRow(rows[rows.indexOf(row) + step]);
    else if (event.key === "Home") focusRow(rows[0]);
    else if (event.key === "End") focusRow(rows.at(-1));
    else if (inRow[event.key]) inRow[event.key](row);
    else return;
    event.preventDefault();
  });

  // ---- Comboboxes that search on the server

  // A list opens upwards where there is no room below.
  document.addEventListener("focusin", (event) => {
    const list = event.target.matches('.combobox > input[role="combobox"]') && event.target.parentElement.querySelector("[data-popover]");
    if (!list) return;
    const { top, bottom } = event.target.getBoundingClientRect();
    const below = innerHeight - bottom;
    list.dataset.side = below < 300 && top > below ? "top" : "bottom";
  });

  // The last entry of the organization combobox, Add organization, is chosen
  // like any other; it opens a dialog instead of standing in the field.
  document.addEventListener("change", (event) => {
    const box = event.target;
    if (!box.matches?.(".combobox") || event.detail?.value !== "new") return;
    const option = box.querySelector('[data-value="new"]');
    box.clear();
    box.close();
    htmx.ajax("GET", option.dataset.href, { target: "#dialog", swap: "innerHTML" });
  });

  // ---- After htmx has swapped

  const announce = (root) => {
    const text = root?.querySelector?.("[data-announce]")?.textContent;
    if (text && byId("announcer")) byId("announcer").textContent = text.trim().replace(/\s+/g, " ");
  };

  const showAlertsInDialog = () => {
    const alerts = byId("alerts");
    const open = document.querySelector("dialog[open]");
    if (!alerts?.childElementCount) return;
    const section = open?.querySelector("section");
    if (section) section.prepend(...alerts.children);
    else alerts.scrollIntoView({ block: "nearest" });
  };

  document.addEventListener("htmx:after:swap", (event) => {
    // A question about what was swapped away is about nothing any more: its form would submit nothing.
    if (asked?.form && !asked.form.isConnected) {
      ask.close();
      asked = null;
    }
    const target = event.detail?.ctx?.target;
    if (target === "#alerts" || target?.id === "alerts") showAlertsInDialog();
    if (dialog?.childElementCount && !dialog.open) dialog.showModal();
    if (target === dialog) (dialog.querySelector("[aria-invalid=true]") ?? dialog.querySelector("[autofocus]"))?.focus();
    const box = target instanceof Element && target.closest(".combobox");
    if (box) window.basecoat.refresh(box);
    const swapped = target instanceof Element && (target.isConnected ? target : byId(target.id));
    if (!swapped) return;
    announce(swapped);
    showAllChosen();
    // A row that was replaced takes the focus along that was in it, a page of rows the focus of the page before.
    if (document.activeElement !== document.body) return;
    if (swapped.matches("tr[tabindex]")) swapped.focus();
    else if (swapped.matches("tr")) swapped.querySelector("button, summary, select, input:not([type=hidden])")?.focus();
    else if (swapped.querySelector("table[data-rows]")) focusRow(swapped.querySelector("table[data-rows] tbody > tr"));
  });

  document.addEventListener("htmx:error", (event) => {
    const lost = byId("connection-lost");
    const polling = event.detail?.ctx?.sourceElement?.matches?.("[hx-trigger^=every]");
    if (!lost || polling) return;
    byId("alerts").replaceChildren(lost.content.cloneNode(true));
    showAlertsInDialog();
  });
})();
