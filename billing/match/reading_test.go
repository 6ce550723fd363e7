package match

import "testing"

func TestLegalForms(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, forms, plain, wordLike, written string }{
		{"Contoso", "", "", "", ""},
		{"Contoso G.m.b.H.", "GmbH", "GmbH", "", "GmbH"},
		{"Contoso G.m.b.H. & Co. KG", "GmbH & Co KG", "GmbH & Co KG", "", "GmbH Co KG"},
		{"Contoso Inc Ltd", "Inc Ltd", "Inc Ltd", "", "Inc Ltd"},
		{"Contoso Ltd Inc", "Inc Ltd", "Inc Ltd", "", "Ltd Inc"},
		{"Contoso Ltd Ltd", "Ltd", "Ltd", "", "Ltd Ltd"},
		{"AB Contoso", "AB", "", "AB", "AB"},
		{"AB Contoso GmbH", "AB GmbH", "GmbH", "AB", "AB GmbH"},
	} {
		r := read(test.name)
		for _, part := range []struct{ what, got, want string }{
			{"forms", r.forms, test.forms}, {"plain forms", r.plainForms, test.plain},
			{"forms that may be words", r.wordLikeForms, test.wordLike}, {"forms as written", r.written, test.written},
		} {
			if part.got != part.want {
				t.Errorf("%q has the %s %q, want %q", test.name, part.what, part.got, part.want)
			}
		}
	}
}

func TestIsNumber(t *testing.T) {
	t.Parallel()
	for key, want := range map[string]bool{"7": true, "b12": true, "xiv": true, "a": true, "é": true, "oak": false, "via": false, "no": false} {
		if got := (word{key: key}).isNumber(); got != want {
			t.Errorf("%q tells apart like a number: %v", key, got)
		}
	}
}

func TestInitials(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"Ox":                                "",
		"Oak":                               "oak",
		"Willow":                            "willow",
		"Orchard":                           "",
		"Blue Sky":                          "",
		"Blue Sky Dental":                   "bsd",
		"One Two Three Four Five Six":       "ottffs",
		"One Two Three Four Five Six7":      "ottffs",
		"One Two Three Four Five Six Seven": "",
		"Éclair Ümlaut Dental":              "eud",
		"!!!":                               "",
	} {
		if got := read(name).initials(); got != want {
			t.Errorf("the initials of %q are %q, want %q", name, got, want)
		}
	}
}

// Accents are the same in whatever order the words stand.
func TestAccents(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"Contoso": "", "Épée Ünder": "ééü", "Ünder Épée": "ééü", "x\u0302y": "\u0302", // which no letter stands for
	} {
		if got := read(name).accents(); got != want {
			t.Errorf("the accents of %q are %q, want %q", name, got, want)
		}
	}
}
