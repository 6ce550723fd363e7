package worlds

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"

	"seatbridge/connectwise/cwsim"
)

// A write is what Seatbridge asked ConnectWise to change.
type write struct {
	number    int // of the request
	agreement int
	addition  int // 0: a new one
	product   int
	quantity  decimal.Decimal
	applied   bool
}

var additionPath = regexp.MustCompile(`^/finance/agreements/(\d+)/additions(?:/(\d+))?$`)

// writes reads them from the simulator's journal.
func (w *world) writes() []write {
	var found []write
	for _, r := range w.Sim.Requests() {
		parts := additionPath.FindStringSubmatch(r.Path)
		if parts == nil || r.Method == http.MethodGet {
			continue
		}
		one := write{number: r.Number, applied: r.Applied}
		one.agreement, _ = strconv.Atoi(parts[1])
		one.addition, _ = strconv.Atoi(parts[2])
		switch r.Method {
		case http.MethodPost:
			var body struct {
				Product  struct{ ID int }
				Quantity decimal.Decimal
			}
			w.Must(json.Unmarshal([]byte(r.Body), &body))
			one.product, one.quantity = body.Product.ID, body.Quantity
		case http.MethodPatch:
			var operations []struct {
				Path  string
				Value decimal.Decimal
			}
			w.Must(json.Unmarshal([]byte(r.Body), &operations))
			if len(operations) != 1 || operations[0].Path != "quantity" && operations[0].Path != "/quantity" {
				w.T.Errorf("a PATCH changes more than the quantity: %s", r.Body)
				continue
			}
			one.quantity = operations[0].Value
		default:
			w.T.Errorf("%s %s", r.Method, r.Path)
		}
		found = append(found, one)
	}
	return found
}

// watched does something that may write, and judges each write by what was true before and after.
func (w *world) watched(what string, do func()) {
	w.notice()
	before := state{w.last, w.wanted()}
	w.midway = map[int][]deedInMidst{}
	w.Sim.ResetRequests()
	do()
	writes := w.writes()
	after := state{w.snapshot(), w.wanted()}
	for _, one := range writes {
		w.tell("%s: request %d writes %s of product %d to addition %d of agreement %d, applied: %v",
			what, one.number, one.quantity, one.product, one.addition, one.agreement, one.applied)
	}
	w.notice()
	w.judge(before, after, writes)
	for _, one := range writes {
		if one.applied {
			w.wrote[one.addition] = true
			w.noteHalf(after, one)
		}
	}
	w.learn(after)
}

// noteHalf notes whether what belongs to an applied write is written only in part.
func (w *world) noteHalf(after state, one write) {
	related := w.book.Related(one.agreement)
	half := false
	for _, k := range w.keys() {
		if slices.Contains(related, k.agreement) {
			half = half || !after.now().isOf(k, sum(w.open(after.lines, k)))
		}
	}
	for _, agreement := range related {
		w.half[agreement] = half
	}
}

// state is how the world was then.
type state struct {
	lines  map[int]cwsim.Addition
	wanted []figures // the first is of that moment
}

func (s state) now() figures { return s.wanted[0] }

// notice takes in what changed since the last look and Seatbridge did not ask for just now: what people did in ConnectWise,
// and creations that arrived late. Two open lines of a product, both made by Seatbridge, are never right.
func (w *world) notice() {
	now := w.snapshot()
	for _, k := range w.keys() {
		for _, line := range w.lines(w.last, k) {
			if _, there := now[line.ID]; !there {
				w.wasRemoved(line, k)
			}
		}
		for _, line := range w.lines(now, k) {
			if _, known := w.last[line.ID]; !known && line.UpdatedBy != apiMember {
				w.hand[line.ID] = true
				w.oddIn(k.agreement, "a line that a person made")
			}
		}
		made := slices.DeleteFunc(w.open(now, k), func(line cwsim.Addition) bool { return w.hand[line.ID] })
		if len(made) > max(1, w.doubled[k]) {
			w.doubled[k] = len(made)
			w.wrong("%s: Seatbridge made %d open lines: %v", k, len(made), quantities(made))
		}
	}
	w.last = now
}

// apiMember is whose name the simulator writes to what came over the API.
const apiMember = "Seats"

// learn notes which lines Seatbridge has written or found right.
func (w *world) learn(after state) {
	for _, k := range w.keys() {
		for _, line := range w.open(after.lines, k) {
			right := after.now()[k].fed && after.now().isOf(k, line.Quantity)
			if _, known := w.wrote[line.ID]; !known {
				w.wrote[line.ID] = !w.hand[line.ID]
			}
			w.wrote[line.ID] = w.wrote[line.ID] && (after.now()[k].fed || !line.Quantity.IsZero())
			w.ours[line.ID] = w.ours[line.ID] || !w.hand[line.ID] || line.UpdatedBy == apiMember || right
		}
	}
}

func (w *world) judge(before, after state, writes []write) {
	for _, one := range writes {
		k := w.keyOf(before, one)
		w.judgeQuantity(before, after, one, k)
		w.judgeMidst(after, one, k)
		if one.addition == 0 {
			w.judgeCreation(before, after, k)
		} else {
			w.judgeUpdate(before, one, k)
		}
	}
	w.judgeHolds(before, after, writes)
}

func (w *world) keyOf(before state, one write) lineKey {
	product := one.product
	if one.addition != 0 {
		product = before.lines[one.addition].ProductID
		if product == 0 {
			product = w.snapshot()[one.addition].ProductID
		}
	}
	return lineKey{one.agreement, product == w.Enterprise.ID}
}

// judgeQuantity: what is written is what the book says, before or after what happened in the midst of it.
func (w *world) judgeQuantity(before, after state, one write, k lineKey) {
	for _, f := range append(before.wanted, after.wanted...) {
		if f.isOf(k, one.quantity) {
			return
		}
	}
	w.wrong("%s: %s is written, the book says %+v", k, one.quantity, after.now()[k])
}

// judgeMidst: what a person did before the write began is heeded.
func (w *world) judgeMidst(after state, one write, k lineKey) {
	for _, deed := range w.midway[one.agreement] {
		if one.number > deed.request && !(after.now()[k].fed && after.now().isOf(k, one.quantity)) {
			w.wrong("%s: %s is written after %s was unmapped", k, one.quantity, deed.name)
		}
	}
}

// judgeCreation: a line is created only where none is that may bill the same seats, unless a person approved it. What
// Seatbridge never saw, and what no list showed it in this run, it cannot know.
func (w *world) judgeCreation(before, after state, k lineKey) {
	lied := w.lied()
	for _, line := range w.open(before.lines, k) {
		if _, still := after.lines[line.ID]; still && (w.knows(line) || !lied[k.agreement]) {
			w.wrong("%s: a line is created beside no. %d of %s", k, line.ID, line.Quantity)
		}
	}
	if w.approved {
		return
	}
	for _, line := range w.lines(before.lines, k) {
		if !w.isOpen(line) && !line.Quantity.IsZero() && (w.knows(line) || !lied[k.agreement]) {
			w.wrong("%s: a line is created after no. %d of %s was ended, and nobody was asked", k, line.ID, line.Quantity)
		}
	}
	if w.removed[k] {
		w.wrong("%s: a line that a person removed is created again, and nobody was asked", k)
	}
	for _, other := range w.elsewhere(k.agreement) {
		for _, line := range w.open(before.lines, lineKey{other, k.enterprise}) {
			moved := w.wrote[line.ID] && slices.Contains(w.book.Related(k.agreement), other) // its seats are those of the new line
			if !line.Quantity.IsZero() && !before.now()[lineKey{other, false}].fed && !moved && !lied[other] {
				w.wrong("%s: a line is created while no. %d on agreement %d says %s, and nobody was asked", k, line.ID, other, line.Quantity)
			}
		}
	}
}

// knows says whether Seatbridge ever saw a line: it made, wrote or found it, or showed it to whoever mapped.
func (w *world) knows(line cwsim.Addition) bool {
	return w.ours[line.ID] || w.shown[line.AgreementID].lines[line.ProductID == w.Enterprise.ID].ID == line.ID
}

// lied are the agreements whose list of additions lacked something in this run.
func (w *world) lied() map[int]bool {
	lied := map[int]bool{}
	for _, r := range w.Sim.Requests() {
		parts := additionPath.FindStringSubmatch(strings.TrimSuffix(r.Path, "/count"))
		if parts == nil || r.Method != http.MethodGet {
			continue
		}
		agreement, _ := strconv.Atoi(parts[1])
		for _, kind := range []cwsim.FaultKind{cwsim.WrongEmpty, cwsim.Partial, cwsim.Lag} {
			lied[agreement] = lied[agreement] || slices.Contains(r.Faults, kind)
		}
	}
	return lied
}

// elsewhere are the other agreements of the company, and parents and children, on which something is billed.
func (w *world) elsewhere(agreement int) []int {
	of := w.Sim.Agreement(agreement)
	var found []int
	for _, a := range w.agreements {
		if a.ID != agreement && w.billable(a.ID) && (a.CompanyID == of.CompanyID || a.ParentID == of.ID || a.ID == of.ParentID) {
			found = append(found, a.ID)
		}
	}
	return found
}

// judgeUpdate: a line of other people's making is not written for the first time, unless they were shown it.
func (w *world) judgeUpdate(before state, one write, k lineKey) {
	line := before.lines[one.addition]
	if w.approved || w.ours[one.addition] || !w.hand[one.addition] || line.Quantity.Equal(one.quantity) {
		return
	}
	if seen := w.shown[k.agreement].lines[k.enterprise]; seen.ID == one.addition && seen.Quantity.Equal(line.Quantity) {
		return
	}
	w.wrong("%s: line %d of another's making goes from %s to %s, and nobody was asked", k, one.addition, line.Quantity, one.quantity)
}

// judgeHolds: what the defaults hold is not written unapproved. The sum over an agreement counts, or over all between which
// organizations moved; only what both hold is held for certain.
func (w *world) judgeHolds(before, after state, writes []write) {
	if w.approved {
		return
	}
	judged := map[int]bool{}
	for _, one := range writes {
		if judged[one.agreement] || !one.applied || w.asked == one.agreement || w.half[one.agreement] {
			continue
		}
		judged[one.agreement] = true
		if w.Sim.Agreement(one.agreement).BillingCycle != "" {
			w.wrong("agreement %d is billed yearly: written, and nobody was asked", one.agreement)
		}
		var why []string
		for _, wanted := range before.wanted {
			for _, agreements := range [][]int{{one.agreement}, w.book.Related(one.agreement)} {
				why = append(why, w.mustHold(before, after, wanted, agreements))
			}
		}
		if !slices.Contains(why, "") {
			w.wrong("agreement %d: written, although %s", one.agreement, strings.Join(slices.Compact(why), "; "))
		}
	}
	w.judgeMany(before, after)
}

// mustHold says why the change of some agreements' lines has to wait, as far as their lines are clear.
func (w *world) mustHold(before, after state, wanted figures, agreements []int) string {
	was, is := decimal.Zero, decimal.Zero
	for _, agreement := range agreements {
		for _, k := range []lineKey{{agreement, false}, {agreement, true}} {
			lines := w.open(before.lines, k)
			hidden := w.lied()[agreement] && slices.ContainsFunc(lines, func(line cwsim.Addition) bool { return !w.knows(line) })
			if len(lines) > 1 || hidden || !wanted[k].known || !w.billable(agreement) {
				return ""
			}
			was = was.Add(sum(lines))
			is = is.Add(decimal.NewFromInt(int64(wanted[k].seats)))
			for _, line := range lines {
				if now := after.lines[line.ID]; now.Quantity.LessThan(now.LessIncluded) && now.Quantity.LessThan(line.Quantity) {
					return fmt.Sprintf("line %d would bill less than nothing", line.ID)
				}
			}
		}
	}
	fall, rise := was.Sub(is), is.Sub(was)
	hundred := decimal.NewFromInt(100)
	switch {
	case was.IsZero():
		return ""
	case is.IsZero():
		return fmt.Sprintf("%s go to nothing", was)
	case fall.GreaterThan(decimal.NewFromInt(3)) && fall.Mul(hundred).GreaterThan(was.Mul(decimal.NewFromInt(30))):
		return fmt.Sprintf("%s fall to %s", was, is)
	case rise.GreaterThan(decimal.NewFromInt(20)) && rise.Mul(hundred).GreaterThan(was.Mul(decimal.NewFromInt(50))):
		return fmt.Sprintf("%s rise to %s", was, is)
	case rise.Abs().GreaterThan(hundred):
		return fmt.Sprintf("%s become %s", was, is)
	}
	return ""
}

// judgeMany: where many lines would go down none does unasked.
func (w *world) judgeMany(before, after state) {
	down, fell, all := 0, 0, 0
	for _, k := range w.keys() {
		want, lines := before.now()[k], w.open(before.lines, k)
		if len(lines) != 1 || !want.fed || !want.known || !w.billable(k.agreement) || !w.ours[lines[0].ID] {
			continue
		}
		all++
		if decimal.NewFromInt(int64(want.seats)).LessThan(lines[0].Quantity) {
			down++
		}
		if after.lines[lines[0].ID].Quantity.LessThan(lines[0].Quantity) {
			fell++
		}
	}
	if down >= 6 && 3*down > all && fell > 0 {
		w.wrong("%d of %d lines would go down, %d did, and nobody was asked", down, all, fell)
	}
}

func quantities(lines []cwsim.Addition) []string {
	var texts []string
	for _, line := range lines {
		texts = append(texts, fmt.Sprintf("no. %d: %s", line.ID, line.Quantity))
	}
	return texts
}

// wrong fails the test, with what happened in the story.
func (w *world) wrong(format string, args ...any) {
	w.T.Errorf(format, args...)
	w.tell("WRONG: "+format, args...)
}
