package main

import (
	"go/types"
	"maps"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/go/packages"
)

const module = "seatbridge"

// arrows is the plan of the house: which packages each package imports, of the project's. It is complete and exact.
// A new room adds its line here; a new arrow is a decision, with its reason in docs/decisions.
var arrows = map[string]string{
	module:         "command",
	"command":      "billing billing/accounts billing/books billing/connect billing/money billing/months billing/problem billing/reports billing/run billing/seats command/demo connectwise/cwsim handlers internal/outbound scheduler store",
	"command/demo": "billing billing/books billing/connect billing/figures billing/findings billing/organizations billing/problem billing/reports billing/seats connectwise connectwise/cwsim nordpass/npsim store",
	"handlers":     "billing billing/accounts billing/books billing/connect billing/figures billing/findings billing/hosted billing/intake billing/leaks billing/mapping billing/money billing/months billing/notify billing/organizations billing/plan billing/problem billing/reports billing/scan billing/seats billing/setup billing/sheet billing/table handlers/api handlers/web static store views",
	"handlers/api": "billing/accounts billing/books billing/months billing/organizations billing/problem billing/seats handlers/web internal/strictjson store",
	"handlers/web": "billing/problem store views",
	"views":        "static",

	"billing":               "billing/accounts billing/background billing/books billing/connect billing/digest billing/figures billing/findings billing/hosted billing/intake billing/leaks billing/mapping billing/money billing/months billing/notify billing/organizations billing/plan billing/problem billing/reports billing/run billing/scan billing/seats billing/writing connectwise internal/outbound store",
	"billing/accounts":      "billing/problem store",
	"billing/books":         "billing/background billing/connect billing/figures billing/money billing/months billing/notify billing/plan billing/problem billing/run billing/seats connectwise store",
	"billing/digest":        "billing/books billing/figures billing/months billing/notify billing/plan billing/problem billing/reports billing/run billing/seats store",
	"billing/months":        "billing/canonical billing/money billing/seats store",
	"billing/findings":      "billing/plan billing/problem billing/run billing/seats store",
	"billing/mapping":       "billing/background billing/connect billing/match billing/organizations billing/plan billing/problem billing/run billing/seats billing/table billing/workbook connectwise store",
	"billing/run":           "billing/background billing/bulletin billing/connect billing/figures billing/months billing/notify billing/plan billing/problem billing/reports billing/seats billing/settle billing/survey billing/units connectwise store",
	"billing/writing":       "billing/problem billing/run store",
	"billing/intake":        "billing/background billing/figures billing/match billing/organizations billing/problem billing/seats billing/sheet billing/table billing/workbook store",
	"billing/reports":       "billing/organizations billing/problem billing/seats internal/outbound nordpass store",
	"billing/figures":       "billing/problem billing/seats store",
	"billing/organizations": "billing/problem billing/seats store",
	"billing/connect":       "billing/notify billing/problem connectwise internal/outbound store",
	"billing/bulletin":      "billing/money billing/notify billing/problem billing/seats store",
	"billing/notify":        "billing/background billing/problem internal/outbound store",
	"billing/settle":        "billing/plan connectwise store",
	"billing/setup":         "store",
	"billing/hosted":        "billing/background billing/connect billing/problem billing/seats connectwise store",
	"billing/plan":          "billing/seats connectwise store",
	"billing/survey":        "billing/plan billing/problem billing/seats billing/units connectwise store",
	"billing/scan":          "billing/background billing/connect billing/figures billing/leaks billing/plan billing/problem billing/seats billing/survey connectwise store",
	"billing/leaks":         "billing/money billing/plan connectwise store",
	"billing/seats":         "billing/problem store",
	"billing/sheet":         "billing/problem billing/seats billing/table store",
	"billing/table":         "billing/problem store",
	"billing/workbook":      "billing/table",
	"billing/problem":       "store",
	"billing/units":         "store",
	"billing/background":    "",
	"billing/canonical":     "",
	"billing/match":         "",
	"billing/money":         "billing/problem store",

	"nordpass":            "internal/outbound internal/strictjson",
	"connectwise":         "internal/outbound",
	"connectwise/cwsim":   "",
	"internal/outbound":   "",
	"internal/strictjson": "",
	"nordpass/npsim":      "",
	"scheduler":           "",
	"static":              "",
	"store":               "",

	// What only tests and documents use.
	"billing/billingtest":       "billing billing/connect billing/mapping billing/plan/plantest billing/problem billing/sheet connectwise connectwise/cwsim internal/handwork internal/moment internal/outbound store store/storetest",
	"billing/intake/intaketest": "internal/moment",
	"billing/notify/notifytest": "",
	"billing/plan/plantest":     "billing/seats store",
	"command/commandtest":       "",
	"docs":                      "",
	"e2e":                       "",
	"internal/bookkeeper":       "",
	"internal/handwork":         "connectwise/cwsim",
	"internal/lives":            "",
	"internal/moment":           "",
	"internal/soak":             "",
	"internal/template":         "",
	"internal/worlds":           "",
	"internal/years":            "",
	"store/storetest":           "internal/template store",
}

// TestArrows holds the plan of the house.
func TestArrows(t *testing.T) {
	t.Parallel()
	if diff := cmp.Diff(arrows, imports(t)); diff != "" {
		t.Errorf("the packages do not import what arrows says (- arrows, + the code):\n%s", diff)
	}
}

// imports is what arrows should be.
func imports(t *testing.T) map[string]string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, "./...").Output()
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for line := range strings.Lines(string(out)) {
		paths := strings.Fields(line)
		var ours []string
		for _, path := range paths[1:] {
			if room, ok := strings.CutPrefix(path, module+"/"); ok {
				ours = append(ours, room)
			}
		}
		slices.Sort(ours)
		found[strings.TrimPrefix(paths[0], module+"/")] = strings.Join(ours, " ")
	}
	return found
}

// pureRooms decide from their arguments alone, so that a table test says all about them: they touch no database, network,
// file, log or clock, and nothing in them waits.
var pureRooms = []string{
	"billing/seats", "billing/plan", "billing/settle", "billing/bulletin", "billing/canonical", "billing/leaks", "billing/match", "billing/money",
	"billing/months", "billing/table", "billing/units", "billing/sheet", "billing/workbook",
}

var impureImports = []string{"context", "database/sql", "log/slog", "net/http", "os", "sync"}

// TestPureRooms keeps the pure rooms pure.
func TestPureRooms(t *testing.T) {
	t.Parallel()
	for _, f := range readHouse(t).files {
		if f.syntax == nil || !slices.Contains(pureRooms, f.room()) {
			continue
		}
		for _, spec := range f.syntax.Imports {
			if name, _ := strconv.Unquote(spec.Path.Value); slices.Contains(impureImports, name) {
				t.Errorf("%s imports %s, but %s is a pure room", f.path, name, f.room())
			}
		}
		for _, name := range selected(f.syntax, "time") {
			if slices.Contains([]string{"Now", "Since", "Until"}, name) {
				t.Errorf("%s says time.%s, but %s is a pure room: it is told the time", f.path, name, f.room())
			}
		}
	}
}

// handlersWrite are the writing methods of store.Store that pages and the API still call by themselves, past the rules of
// billing. The list may only shrink, until what it writes is sessions, users, invitations, tokens and settings.
var handlersWrite = []string{
	"AcceptInvitation",
	"AddActivity",
	"ClaimIdempotencyKey",
	"CreateAPIToken",
	"CreateInvitation",
	"CreateOwner",
	"CreateSession",
	"CreateUser",
	"DeleteAPIToken",
	"DeleteSession",
	"DeleteUser",
	"DeleteUserSessions",
	"FinishIdempotencyKey",
	"Record",
	"ReleaseIdempotencyKey",
	"Together",
	"TouchAPIToken",
	"TouchSession",
	"UpdateSettings",
	"UpdateUser",
}

// TestHandlersWrite holds handlersWrite.
func TestHandlersWrite(t *testing.T) {
	t.Parallel()
	if diff := cmp.Diff(handlersWrite, storeWritesOf(t, module+"/handlers/...")); diff != "" {
		t.Errorf("packages under handlers do not write what handlersWrite says (- handlersWrite, + the code):\n%s", diff)
	}
}

// storeWritesOf names the writing methods of store.Store that the packages mention, wherever they hold the store.
func storeWritesOf(t *testing.T, pattern string) []string {
	t.Helper()
	read := packages.NeedName | packages.NeedFiles | packages.NeedSyntax
	check := packages.NeedImports | packages.NeedTypes | packages.NeedTypesInfo
	loaded, err := packages.Load(&packages.Config{Context: t.Context(), Mode: read | check}, pattern)
	if err != nil {
		t.Fatal(err)
	}
	writes, found := writingMethods(t), map[string]bool{}
	for _, p := range loaded {
		for _, problem := range p.Errors {
			t.Fatal(problem)
		}
		for _, selection := range p.TypesInfo.Selections {
			if method := selection.Obj(); isStoreMethod(method) && writes[method.Name()] {
				found[method.Name()] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(found))
}

func isStoreMethod(o types.Object) bool {
	f, ok := o.(*types.Func)
	return ok && strings.HasPrefix(f.FullName(), "(*"+module+"/store.Store).")
}

// writingMethods are the methods of store.Store that reach its writing connection: themselves or through others.
func writingMethods(t *testing.T) map[string]bool {
	t.Helper()
	uses := map[string][]string{}
	for _, f := range readHouse(t).functions {
		if f.room == "store" && f.receiver() == "Store" {
			uses[f.decl.Name.Name] = selected(f.decl, f.decl.Recv.List[0].Names[0].Name)
		}
	}
	writes := map[string]bool{"writer": true}
	isWriting := func(name string) bool { return writes[name] }
	for before := 0; before < len(writes); {
		before = len(writes)
		for method, used := range uses {
			if slices.ContainsFunc(used, isWriting) {
				writes[method] = true
			}
		}
	}
	return writes
}
