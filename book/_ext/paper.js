// What paper.py asks of a page before it prints it: figures drawn for paper, folds open, answers and solutions at the end,
// and the places named that other pages lead to (Chromium names a place in the file if a link on its own page leads there).
(names) => {
  const LINES = 20; // lines of code that stay on one sheet, a third of it
  const ROWS = 14; // rows of a table that do
  const CHARACTERS = 96; // of the code's type on a line: longer lines are set smaller, down to 5.6 pt
  const SHEET = 986; // pixels: the height of a sheet between its margins
  dispatchEvent(new Event("beforeprint"));
  for (const fold of document.querySelectorAll("article details:not(.hide)")) fold.open = true;
  const text = (box) => box.textContent.trimEnd().split("\n");
  for (const box of document.querySelectorAll("article .cell_input"))
    box.classList.toggle("printed-whole", text(box).length <= LINES);
  for (const pre of document.querySelectorAll("article .cell pre")) {
    const longest = Math.max(...text(pre).map((line) => line.length));
    if (longest > CHARACTERS) pre.style.zoom = Math.max(0.7, CHARACTERS / longest);
  }
  const first = document.querySelector("article .me-host");
  if (first) {
    const { top, height } = first.getBoundingClientRect();
    const left = SHEET - (top - document.querySelector("article").getBoundingClientRect().top);
    if (left < height && left > 0.7 * height) first.style.width = `${95 * (left / height)}%`; // else half the first sheet is empty
  }
  for (const table of document.querySelectorAll("article table"))
    table.classList.toggle("printed-long", table.rows.length > ROWS);
  const end = document.createElement("section");
  const add = (tag, words, where) => where.appendChild(Object.assign(document.createElement(tag), { textContent: words }));
  const quizzes = [...document.querySelectorAll("article .quiz")];
  if (quizzes.length) add("h2", "Answers to the questions", end);
  for (const quiz of quizzes) {
    const box = add("div", "", end);
    box.className = "printed-answer";
    add("p", "", box).append(...quiz.querySelector(".quiz-question").cloneNode(true).childNodes);
    for (const answer of quiz.querySelectorAll(".quiz-answer:has(.quiz-right)")) {
      add("p", "✓ ", box).append(...answer.querySelector("label").cloneNode(true).childNodes);
      for (const told of answer.querySelectorAll(".quiz-right > :not(.quiz-sign)")) box.append(told.cloneNode(true));
    }
  }
  const solutions = [...document.querySelectorAll("article .solution")];
  if (solutions.length) add("h2", "Solutions", end);
  end.append(...solutions);
  if (end.childNodes.length) document.querySelector("article > section").append(end);
  const links = names.map((name) => Object.assign(document.createElement("a"), { href: `#${name}`, hidden: true }));
  document.querySelector("article").append(...links);
};
