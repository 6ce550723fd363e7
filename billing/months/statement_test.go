package months

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"seatbridge/billing/canonical"
	"seatbridge/store"
)

const testInstallation = "0123456789abcdef0123456789abcdef"

func quantity(text string) decimal.NullDecimal {
	return decimal.NewNullDecimal(decimal.RequireFromString(text))
}

// closing is September 2026 with a row of every kind.
func closing() Closing {
	at := time.Date(2026, 10, 6, 10, 41, 17, 500, time.FixedZone("Berlin", 2*60*60))
	written := time.Date(2026, 10, 1, 0, 31, 2, 0, time.UTC)
	row := store.MonthRow{
		Month: "2026-09", OrganizationID: 7, Plan: store.Business, Organization: "Zoë & \"Sons\" <x>\u2028\t\x01", ExternalID: "np/7",
		Due: quantity("23.00"), Source: "ledger", Written: quantity("22"), WrittenRun: 12, WrittenAt: written, CompanyID: 3, Company: "Zoë",
		AgreementID: 1033, Agreement: "Services", ProductID: 5, AdditionID: 4120, Billed: quantity("22"),
		Invoice:   store.RowInvoice{State: store.Invoiced, ID: 90, Number: "20348", Day: "2026-10-05"},
		UnitPrice: quantity("4.990"), Currency: "USD", Difference: quantity("1"), Settled: decimal.NewFromInt(1), SettledBy: store.ByHand,
		Open: quantity("0"), State: store.RowSettled, Reason: "Late.",
		LineBilled: decimal.NewFromInt(40), LineTerms: store.LineTerms{Included: decimal.NewFromInt(10)}, IncludedShare: decimal.NewFromInt(4),
	}
	agrees := row
	agrees.LineBilled, agrees.LineTerms, agrees.IncludedShare = decimal.NewFromInt(10), store.LineTerms{}, decimal.Zero
	agrees.OrganizationID, agrees.Plan, agrees.Due, agrees.Billed, agrees.Difference = 2, store.Enterprise, quantity("10"), quantity("10"), quantity("0")
	agrees.State, agrees.Reason, agrees.Settled, agrees.SettledBy, agrees.UnitPrice = store.RowAgrees, "", decimal.Zero, "", quantity("6.49")
	elsewhere := store.MonthRow{
		Month: "2026-09", OrganizationID: 9, Plan: store.Business, Organization: "Nobody's", Due: decimal.NullDecimal{}, State: store.RowSettled,
		SettledBy: store.ByHand, Invoice: store.RowInvoice{State: store.InvoiceUnknown}, LineTerms: store.LineTerms{Unbilled: store.AboutProducts},
	}
	return Closing{
		Month: store.BookedMonth{Month: "2026-09", ClosedAt: at, ClosedBy: "mira@fernhollow.example"}, MSP: "Fernhollow IT",
		Rows: []store.MonthRow{row, elsewhere, agrees},
		Settlements: []store.Settlement{
			{OrganizationID: 7, Plan: store.Business, How: store.Waived, Seats: decimal.NewFromInt(1), At: written, UndoneAt: at},
			{OrganizationID: 7, Plan: store.Business, How: store.ByHand, Seats: decimal.NewFromInt(1), Note: "On 20350", At: written, By: "mira@fernhollow.example"},
		},
		Elsewhere:    map[int64]store.Elsewhere{9: {OrganizationID: 9, Note: "By the old system", At: written, By: "mira@fernhollow.example"}},
		Others:       []store.Invoice{{ID: 91, Number: "C1", Type: "CreditMemo", AgreementID: 1033, Day: "2026-10-05", Total: quantity("-4.990"), Currency: "USD"}},
		Installation: testInstallation,
	}
}

func sealed(t *testing.T, c Closing) store.Statement {
	t.Helper()
	s, err := StatementOf(c)
	if err != nil {
		t.Fatal(err)
	}
	kept, err := s.Sealed()
	if err != nil {
		t.Fatal(err)
	}
	return kept
}

// TestStatementOfVersion1 holds that a statement of old verifies and reads as it did, with the money that it had: seats times price.
func TestStatementOfVersion1(t *testing.T) {
	t.Parallel()
	body := strings.Join([]string{
		`{"closed_at":"2026-10-06T08:41:17Z","closed_by":"mira@fernhollow.example","installation":"0123456789abcdef0123456789abcdef",`,
		`"month":"2026-09","msp":"Fernhollow IT","number":1,`,
		`"other_invoices":[{"agreement_id":1033,"currency":"USD","day":"2026-10-05","id":91,"number":"C1","total":"-4.99","type":"CreditMemo"}],`,
		`"previous":"","reconstructed":false,"rows":[`,
		`{"addition_id":4120,"agreement":"Services","agreement_id":1033,"billed":"10","company":"Zoë","company_id":3,"currency":"USD",`,
		`"difference":"0","due":"10","external_id":"np/7","id":2,"invoice":{"day":"2026-10-05","id":90,"number":"20348","state":"invoiced"},`,
		`"organization":"Zoë & \"Sons\" <x>` + "\u2028" + `\t\u0001","plan":"enterprise","product_id":5,"reason":"","settlements":[],`,
		`"source":"ledger","state":"none","unit_price":"6.49","written":"22","written_at":"2026-10-01T00:31:02Z","written_run":12},`,
		`{"addition_id":4120,"agreement":"Services","agreement_id":1033,"billed":"22","company":"Zoë","company_id":3,"currency":"USD",`,
		`"difference":"1","due":"23","external_id":"np/7","id":7,"invoice":{"day":"2026-10-05","id":90,"number":"20348","state":"invoiced"},`,
		`"organization":"Zoë & \"Sons\" <x>` + "\u2028" + `\t\u0001","plan":"business","product_id":5,"reason":"Late.",`,
		`"settlements":[{"at":"2026-10-01T00:31:02Z","by":"mira@fernhollow.example","how":"by_hand","note":"On 20350","run":0,"seats":"1"}],`,
		`"source":"ledger","state":"settled","unit_price":"4.99","written":"22","written_at":"2026-10-01T00:31:02Z","written_run":12},`,
		`{"addition_id":0,"agreement":"","agreement_id":0,"billed":null,"company":"","company_id":0,"currency":"","difference":null,"due":null,`,
		`"external_id":"","id":9,"invoice":{"day":"","id":0,"number":"","state":"unknown"},"organization":"Nobody's","plan":"business",`,
		`"product_id":0,"reason":"","settlements":[{"at":"2026-10-01T00:31:02Z","by":"mira@fernhollow.example","how":"elsewhere",`,
		`"note":"By the old system","run":0,"seats":null}],"source":"","state":"settled","unit_price":null,"written":null,"written_at":null,`,
		`"written_run":0}],"sums":{"agreements":1,"billed":"32","due":"33","invoiced":1,`,
		`"money":[{"billed":"174.68","currency":"USD","due":"179.67","settled":"4.99"}],"organizations":3,`,
		`"plans":[{"billed":"22","due":"23","plan":"business","settled":"1"},{"billed":"10","due":"10","plan":"enterprise","settled":"0"}],`,
		`"settled":"1","settled_rows":2,"unknown":1,"written":"44"},"version":1}`,
	}, "")
	kept := store.Statement{Month: "2026-09", Number: 1, Body: body, SHA256: hashOf([]byte(body))}
	c := closing()
	c.Month.Month, c.Last = "2026-10", &kept
	next := sealed(t, c)
	if findings := Verify([]store.Statement{kept, next}); len(findings) > 0 || next.Previous != kept.SHA256 {
		t.Errorf("it does not verify any more: %v", findings)
	}
	if found := VerifyFile([]byte(body), []store.Statement{kept, next}); found.State != FileWhole {
		t.Errorf("its file is %s", found.Sentence)
	}
	s, err := ReadStatement(kept)
	if err != nil || s.Version != 1 {
		t.Fatal(s.Version, err)
	}
	if r := s.Rows[1]; r.DueMoney.Decimal.String() != "114.77" || r.Differs.Decimal.String() != "4.99" || s.Rows[2].DueMoney.Valid {
		t.Errorf("its rows come to %s and %s", r.DueMoney.Decimal, r.Differs.Decimal)
	}
}

// TestStatementIsTheseBytes holds the format: what is changed here is a new version, and the statements of old must still verify.
func TestStatementIsTheseBytes(t *testing.T) {
	t.Parallel()
	want := strings.Join([]string{
		`{"closed_at":"2026-10-06T08:41:17Z","closed_by":"mira@fernhollow.example","installation":"0123456789abcdef0123456789abcdef",`,
		`"month":"2026-09","msp":"Fernhollow IT","number":1,`,
		`"other_invoices":[{"agreement_id":1033,"currency":"USD","day":"2026-10-05","id":91,"number":"C1","total":"-4.99","type":"CreditMemo"}],`,
		`"previous":"","reconstructed":false,"rows":[`,
		`{"addition_id":4120,"agreement":"Services","agreement_id":1033,"billed":"10","company":"Zoë","company_id":3,"currency":"USD",`,
		`"difference":"0","difference_money":"0","due":"10","due_money":"64.9","external_id":"np/7","id":2,"included":"0","included_share":"0","invoice":{"day":"2026-10-05","id":90,"number":"20348","state":"invoiced"},"line_billed":"10","not_billed":"",`,
		`"organization":"Zoë & \"Sons\" <x>` + "\u2028" + `\t\u0001","plan":"enterprise","product_id":5,"reason":"","settlements":[],`,
		`"source":"ledger","state":"none","unit_price":"6.49","written":"22","written_at":"2026-10-01T00:31:02Z","written_run":12},`,
		`{"addition_id":4120,"agreement":"Services","agreement_id":1033,"billed":"22","company":"Zoë","company_id":3,"currency":"USD",`,
		`"difference":"1","difference_money":"4.99","due":"23","due_money":"94.81","external_id":"np/7","id":7,"included":"10","included_share":"4","invoice":{"day":"2026-10-05","id":90,"number":"20348","state":"invoiced"},"line_billed":"40","not_billed":"",`,
		`"organization":"Zoë & \"Sons\" <x>` + "\u2028" + `\t\u0001","plan":"business","product_id":5,"reason":"Late.",`,
		`"settlements":[{"at":"2026-10-01T00:31:02Z","by":"mira@fernhollow.example","how":"by_hand","note":"On 20350","run":0,"seats":"1"}],`,
		`"source":"ledger","state":"settled","unit_price":"4.99","written":"22","written_at":"2026-10-01T00:31:02Z","written_run":12},`,
		`{"addition_id":0,"agreement":"","agreement_id":0,"billed":null,"company":"","company_id":0,"currency":"","difference":null,"difference_money":null,"due":null,"due_money":null,`,
		`"external_id":"","id":9,"included":"0","included_share":"0","invoice":{"day":"","id":0,"number":"","state":"unknown"},"line_billed":"0","not_billed":"products","organization":"Nobody's","plan":"business",`,
		`"product_id":0,"reason":"","settlements":[{"at":"2026-10-01T00:31:02Z","by":"mira@fernhollow.example","how":"elsewhere",`,
		`"note":"By the old system","run":0,"seats":null}],"source":"","state":"settled","unit_price":null,"written":null,"written_at":null,`,
		`"written_run":0}],"sums":{"agreements":1,"billed":"32","due":"33","invoiced":1,`,
		`"money":[{"billed":"154.72","currency":"USD","due":"159.71","settled":"4.99"}],"not_billed":1,"organizations":3,`,
		`"plans":[{"billed":"22","due":"23","plan":"business","settled":"1"},{"billed":"10","due":"10","plan":"enterprise","settled":"0"}],`,
		`"settled":"1","settled_rows":2,"unknown":1,"unpriced":0,"written":"44"},"version":2}`,
	}, "")
	kept := sealed(t, closing())
	if diff := cmp.Diff(want, kept.Body); diff != "" {
		t.Errorf("the statement (-want +got):\n%s", diff)
	}
	sum := sha256.Sum256([]byte(want))
	if kept.SHA256 != hex.EncodeToString(sum[:]) || kept.Number != 1 || kept.Month != "2026-09" || kept.Previous != "" {
		t.Errorf("kept is %+v", kept)
	}
	back, err := ReadStatement(kept)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := back.Sealed(); err != nil || again != kept {
		t.Errorf("what was read from it is not the same: %v, %s", err, again.Body)
	}
}

func TestStatementTakesNoOrder(t *testing.T) {
	t.Parallel()
	c := closing()
	kept := sealed(t, c)
	c.Rows[0], c.Rows[2] = c.Rows[2], c.Rows[0]
	if again := sealed(t, c); again != kept {
		t.Error("rows in another order make another statement")
	}
}

func TestCanonicalForm(t *testing.T) {
	t.Parallel()
	for text, wrong := range map[string]string{
		`{}`:                                 "",
		`{"a":1,"b":[],"c":{}}`:              "",
		`{"a":[1,-2,0,"é",null,true]}`:       "",
		`{"a":"\"\\\b\f\n\r\t\u0000\u001f"}`: "",
		`{"a":"/<>&"}`:                       "",
		`{"b":1,"a":2}`:                      "out of order",
		`{"a":1,"a":2}`:                      "out of order",
		`{"a":{"b":1,"a":1}}`:                "out of order",
		`{"é":1}`:                            "not plain",
		`{"\u0061":1}`:                       "not needed",
		`{"a": 1}`:                           "no value begins",
		` {}`:                                "no object begins",
		"{}\n":                               "more after its end",
		`{}{}`:                               "more after its end",
		`{"a":"\/"}`:                         "not needed",
		`{"a":"\u00e9"}`:                     "not needed",
		`{"a":"\u000a"}`:                     "not needed",
		`{"a":"\u001F"}`:                     "not needed",
		`{"a":"` + "\x01" + `"}`:             "not escaped",
		`{"a":"` + "\xff" + `"}`:             "not UTF-8",
		`{"a":01}`:                           "not written as it should be",
		`{"a":-0}`:                           "not written as it should be",
		`{"a":1.5}`:                          "is missing",
		`{"a":1e3}`:                          "is missing",
		`{"a":1234567890123456}`:             "not written as it should be",
		`{"a":-}`:                            "digit is missing",
		`{"a":1,}`:                           "is missing",
		`{"a":[1,]}`:                         "no value begins",
		`[1]`:                                "no object begins",
		`null`:                               "no object begins",
		`{"a":nul}`:                          "no value begins",
		``:                                   "ends in the middle",
		`{"a":tru`:                           "ends in the middle",
		`{"a":"\u00`:                         "ends in the middle",
		`{"a":` + strings.Repeat("[", 30):    "too deep",
	} {
		_, err := canonical.Read([]byte(text))
		if wrong == "" && err != nil || wrong != "" && (err == nil || !strings.Contains(err.Error(), wrong)) {
			t.Errorf("%s: %v, want %q", text, err, wrong)
		}
	}
}

// TestEveryCutIsSeen cuts a statement everywhere.
func TestEveryCutIsSeen(t *testing.T) {
	t.Parallel()
	kept := sealed(t, closing())
	for n := range len(kept.Body) {
		if _, err := canonical.Read([]byte(kept.Body[:n])); !errors.Is(err, canonical.ErrCut) {
			t.Fatalf("cut after %d bytes: %v", n, err)
		}
		found := VerifyFile([]byte(kept.Body[:n]), []store.Statement{kept})
		if found.State != FileCut {
			t.Fatalf("cut after %d bytes: %+v", n, found)
		}
	}
}

// chain is the statements of the months from July 2026 on.
func chain(t *testing.T, n int) []store.Statement {
	t.Helper()
	var statements []store.Statement
	for i := range n {
		c := closing()
		c.Month.Month = store.Month("2026-07").Add(i)
		if i > 0 {
			c.Last, c.Installation = &statements[i-1], ""
		}
		statements = append(statements, sealed(t, c))
	}
	return statements
}

// sealAgain is a statement whose text was replaced by somebody who recomputes its hash.
func sealAgain(s store.Statement, old, with string) store.Statement {
	s.Body = strings.Replace(s.Body, old, with, 1)
	s.SHA256 = hashOf([]byte(s.Body))
	return s
}

func TestVerify(t *testing.T) {
	t.Parallel()
	august := "Statement No. 2 of August 2026: "
	september := "Statement No. 3 of September 2026: "
	for _, c := range []struct {
		name   string
		tamper func(s []store.Statement) []store.Statement
		want   []string // how the sentences begin
	}{
		{"nothing", func(s []store.Statement) []store.Statement { return s }, nil},
		{"no statements", func([]store.Statement) []store.Statement { return nil }, nil},
		{"a figure", func(s []store.Statement) []store.Statement {
			s[1].Body = strings.Replace(s[1].Body, `"due":"23"`, `"due":"22"`, 1)
			return s
		}, []string{august + "Its text was changed: its SHA-256 is "}},
		{"a figure and its hash", func(s []store.Statement) []store.Statement {
			s[1] = sealAgain(s[1], `"due":"23"`, `"due":"22"`)
			return s
		}, []string{september + "The chain is broken: it contains the hash "}},
		{"a hash", func(s []store.Statement) []store.Statement {
			s[1].SHA256 = strings.Repeat("0", 64)
			return s
		}, []string{august + "Its text was changed", september + "The chain is broken"}},
		{"cut", func(s []store.Statement) []store.Statement {
			s[2].Body = s[2].Body[:100]
			return s
		}, []string{september + "Its text was changed", september + "Its text is cut off."}},
		{"space", func(s []store.Statement) []store.Statement {
			s[2] = sealAgain(s[2], `"version":2`, `"version": 2`)
			return s
		}, []string{september + "Its text is not in canonical form (byte "}},
		{"something else", func(s []store.Statement) []store.Statement {
			s[2].Body = `{"a":1}`
			s[2].SHA256 = hashOf([]byte(s[2].Body))
			return s
		}, []string{september + "Its text is no statement."}},
		{"another month's text", func(s []store.Statement) []store.Statement {
			s[2].Body, s[2].SHA256 = s[1].Body, s[1].SHA256
			return s
		}, []string{september + "Its text is that of another statement"}},
		{"the previous one's hash in the text alone", func(s []store.Statement) []store.Statement {
			s[2] = sealAgain(s[2], s[1].SHA256, s[0].SHA256)
			return s
		}, []string{september + "Its text is that of another statement"}},
		{"the first is gone", func(s []store.Statement) []store.Statement { return s[1:] }, []string{"Statement No. 1 is missing."}},
		{"one in the middle is gone", func(s []store.Statement) []store.Statement { return []store.Statement{s[0], s[2]} },
			[]string{"Statement No. 2 is missing.", september + "The chain is broken"}},
		{"one is there twice", func(s []store.Statement) []store.Statement { return []store.Statement{s[0], s[1], s[1], s[2]} },
			[]string{august + "There is more than one statement No. 2."}},
		{"the first has one before it", func(s []store.Statement) []store.Statement {
			s[0] = sealAgain(s[0], `"previous":""`, `"previous":"ab"`)
			s[0].Previous = "ab"
			return s[:1]
		}, []string{"Statement No. 1 of July 2026: The chain is broken: as the first"}},
		{"another installation", func(s []store.Statement) []store.Statement {
			s[2] = sealAgain(s[2], testInstallation, strings.Repeat("f", 32))
			return s
		}, []string{september + "It is the statement of another installation."}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			wantFindings(t, Verify(c.tamper(chain(t, 3))), c.want)
		})
	}
}

func wantFindings(t *testing.T, found []Finding, want []string) {
	t.Helper()
	if len(found) != len(want) {
		t.Fatalf("found %v, want %q", found, want)
	}
	for i := range want {
		if !strings.HasPrefix(found[i].Sentence, want[i]) {
			t.Errorf("found %q, want %q", found[i].Sentence, want[i])
		}
	}
}

func TestVerifyFile(t *testing.T) {
	t.Parallel()
	august := func(s []store.Statement) string { return s[1].Body }
	whole := func(s []store.Statement) []store.Statement { return s }
	indented := func(s []store.Statement) string {
		text, _ := json.MarshalIndent(json.RawMessage(s[1].Body), "", "  ")
		return string(text)
	}
	for _, c := range []struct {
		name  string
		file  func(s []store.Statement) string
		kept  func(s []store.Statement) []store.Statement
		state FileState
		says  string
	}{
		{"whole", august, whole, FileWhole, "Statement No. 2 of August 2026 is whole and unchanged, and so are those before it. SHA-256 "},
		{"whole, a later one was changed", august, func(s []store.Statement) []store.Statement {
			s[2].Body = ""
			return s
		}, FileWhole, "whole and unchanged"},
		{"written anew", indented, whole, FileRewritten, "not byte for byte"},
		{"a line's end after it", func(s []store.Statement) string { return s[1].Body + "\n" }, whole, FileRewritten, "more after its end"},
		{"cut", func(s []store.Statement) string { return s[1].Body[:500] }, whole, FileCut, "cut off"},
		{"written anew and cut", func(s []store.Statement) string { return indented(s)[:500] }, whole, FileCut, "cut off"},
		{"empty", func([]store.Statement) string { return "" }, whole, FileCut, "empty"},
		{"a figure", func(s []store.Statement) string { return strings.Replace(s[1].Body, `"due":"23"`, `"due":"22"`, 1) }, whole, FileForged,
			"not the statement that was kept of August 2026: rows, “Zoë & \"Sons\" <x>\u2028\t\x01”, business, due is “22”, not “23”."},
		{"a row taken out", func(s []store.Statement) string {
			from := strings.Index(s[1].Body, `{"addition_id":4120`)
			to := from + strings.Index(s[1].Body[from+1:], `{"addition_id":`) + 1
			return s[1].Body[:from] + s[1].Body[to:]
		}, whole, FileForged, "rows are 2, not 3."},
		{"a figure that is not known", func(s []store.Statement) string { return strings.Replace(s[1].Body, `"due":null`, `"due":"0"`, 1) }, whole,
			FileForged, "due is “0”, not unknown."},
		{"a member taken out", func(s []store.Statement) string { return strings.Replace(s[1].Body, `"msp":"Fernhollow IT",`, ``, 1) }, whole,
			FileForged, "msp is missing, not “Fernhollow IT”."},
		{"another month's name", func(s []store.Statement) string {
			return strings.Replace(s[1].Body, `"month":"2026-08"`, `"month":"2025-08"`, 1)
		}, whole, FileForged, "August 2025, but that month is not closed here"},
		{"another installation's", func(s []store.Statement) string {
			return strings.Replace(s[1].Body, testInstallation, strings.Repeat("f", 32), 1)
		}, whole, FileForeign, "statement No. 2 of August 2026 of another installation"},
		{"nothing is closed", august, func([]store.Statement) []store.Statement { return nil }, FileUnknown, "No month is closed here"},
		{"the chain is broken before it", august, func(s []store.Statement) []store.Statement {
			s[0] = sealAgain(s[0], `"due":"23"`, `"due":"22"`)
			return s
		}, FileBroken, "but the statements here are not whole. Statement No. 2 of August 2026: The chain is broken"},
		{"the kept one was changed", august, func(s []store.Statement) []store.Statement {
			s[1] = sealAgain(s[1], `"due":"23"`, `"due":"22"`)
			return s
		}, FileBroken, "What is kept here was changed: rows, “Zoë"},
		{"another file", func([]store.Statement) string { return `{"a":1}` }, whole, FileUnknown, "no statement of Seatbridge"},
		{"another file with fractions", func([]store.Statement) string { return `{"a": 1.5}` }, whole, FileUnknown, "no statement of Seatbridge"},
		{"no JSON", func([]store.Statement) string { return "month;due\n" }, whole, FileUnknown, "cannot be read as JSON"},
		{"a list", func([]store.Statement) string { return "[]" }, whole, FileUnknown, "no statement of Seatbridge"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			statements := chain(t, 3)
			file := c.file(statements)
			found := VerifyFile([]byte(file), c.kept(statements))
			if found.State != c.state || !strings.Contains(found.Sentence, c.says) {
				t.Errorf("it is %s: %s\nwant %s: %s", found.State, found.Sentence, c.state, c.says)
			}
		})
	}
}

// FuzzVerifyFile: whatever a file is, it is called whole only if it is what was kept, and canonical form is one form alone.
func FuzzVerifyFile(f *testing.F) {
	c := closing()
	s, err := StatementOf(c)
	if err != nil {
		f.Fatal(err)
	}
	kept, err := s.Sealed()
	if err != nil {
		f.Fatal(err)
	}
	for _, text := range []string{kept.Body, kept.Body[:300], "", "{}", `{"a":1}`, `{"a":"\u001f\n"}`, `[[[`, `{"version":1,"number":1e9}`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		found := VerifyFile(data, []store.Statement{kept})
		if (found.State == FileWhole) != (string(data) == kept.Body) || found.Sentence == "" {
			t.Errorf("%q is %+v", data, found)
		}
		if _, err := canonical.Read(data); err == nil {
			tree, err := canonical.Tree(data)
			if err != nil {
				t.Fatalf("canonical, and cannot be read: %v", err)
			}
			again, err := canonical.Text(tree)
			if err != nil || string(again) != string(data) {
				t.Errorf("two canonical forms of the same: %q and %q (%v)", data, again, err)
			}
		}
	})
}

// large is a month of so many organizations.
func large(n int) Closing {
	c := closing()
	row := c.Rows[0]
	row.Organization, c.Rows = "Organization of usual length", nil
	for i := range n {
		row.OrganizationID, row.AgreementID = int64(i), i+1
		c.Rows = append(c.Rows, row)
	}
	return c
}

// BenchmarkStatement writes one of 10,000 organizations.
func BenchmarkStatement(b *testing.B) {
	c := large(10_000)
	for b.Loop() {
		s, err := StatementOf(c)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := s.Sealed(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkVerify verifies a year of 10,000 organizations: a second is allowed.
func BenchmarkVerify(b *testing.B) {
	var year []store.Statement
	for i := range 12 {
		c := large(10_000)
		c.Month.Month = store.Month("2026-01").Add(i)
		if i > 0 {
			c.Last = &year[i-1]
		}
		s, err := StatementOf(c)
		if err != nil {
			b.Fatal(err)
		}
		kept, err := s.Sealed()
		if err != nil {
			b.Fatal(err)
		}
		year = append(year, kept)
	}
	b.SetBytes(int64(12 * len(year[0].Body)))
	for b.Loop() {
		if found := Verify(year); len(found) > 0 {
			b.Fatal(fmt.Sprint(found))
		}
	}
}
