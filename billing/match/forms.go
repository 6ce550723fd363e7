package match

import (
	"slices"
	"strings"
)

// legalForms leads from a legal form as read sees it, without dots and spaces, to its usual name.
var legalForms = index(map[string]string{
	// English
	"Ltd":     "ltd limited coltd colimited companyltd companylimited",
	"LLC":     "llc limitedliabilitycompany ltdliabilityco",
	"LLP":     "llp limitedliabilitypartnership",
	"PLLC":    "pllc",
	"LP":      "lp limitedpartnership",
	"LLLP":    "lllp",
	"Inc":     "inc incorporated",
	"Corp":    "corp corporation",
	"Co":      "co company",
	"PC":      "pc professionalcorporation",
	"plc":     "plc publiclimitedcompany",
	"CIC":     "cic communityinterestcompany",
	"CLG":     "clg companylimitedbyguarantee",
	"DAC":     "dac designatedactivitycompany",
	"ULC":     "ulc",
	"Ltée":    "ltee limitee",
	"Pty Ltd": "pty ptyltd ptylimited proprietaryltd proprietarylimited",
	"Pvt Ltd": "pvt pvtltd pvtlimited privateltd privatelimited",
	"Pte Ltd": "pte pteltd ptelimited",
	"Sdn Bhd": "sdnbhd",
	"Bhd":     "bhd",
	// German
	"GmbH":         "gmbh mbh gesmbh gesellschaftmbh gesellschaftmitbeschrankterhaftung",
	"gGmbH":        "ggmbh",
	"GmbH & Co":    "gmbhco",
	"GmbH & Co KG": "gmbhcokg gmbhcokommanditgesellschaft",
	"AG":           "ag aktiengesellschaft",
	"KG":           "kg kommanditgesellschaft",
	"AG & Co KG":   "agcokg",
	"Co KG":        "cokg",
	"KGaA":         "kgaa",
	"UG":           "ug ughaftungsbeschrankt unternehmergesellschaft unternehmergesellschafthaftungsbeschrankt",
	"UG & Co KG":   "ugcokg ughaftungsbeschranktcokg",
	"OHG":          "ohg",
	"GbR":          "gbr",
	"PartG":        "partg partgmbb",
	"e.K.":         "ek ekfm ekfr",
	"e.V.":         "ev eingetragenerverein",
	"eG":           "eg",
	"SE":           "se",
	// Dutch, French, Luxembourg, Swiss
	"BV":     "bv beslotenvennootschap",
	"NV":     "nv naamlozevennootschap",
	"SA NV":  "sanv nvsa",
	"SRL BV": "srlbv bvsrl",
	"VOF":    "vof",
	"BVBA":   "bvba",
	"SARL":   "sarl societearesponsabilitelimitee",
	"SPRL":   "sprl",
	"SAS":    "sas societeparactionssimplifiee",
	"SASU":   "sasu",
	"EURL":   "eurl",
	"SCI":    "sci",
	"SNC":    "snc",
	"SA":     "sa societeanonyme sociedadanonima spolkaakcyjna",
	"Sagl":   "sagl",
	// Italian, Spanish, Portuguese
	"Srl":        "srl societaaresponsabilitalimitata",
	"Srls":       "srls",
	"SpA":        "spa societaperazioni",
	"SL":         "sl sociedadlimitada",
	"SLU":        "slu",
	"SLL":        "sll",
	"SAU":        "sau",
	"SC":         "sc",
	"SA de CV":   "sadecv",
	"SAPI de CV": "sapidecv",
	"S de RL":    "sderl sderldecv",
	"Lda":        "lda limitada unipessoallda",
	"Ltda":       "ltda",
	"EIRELI":     "eireli",
	// Nordic
	"AB":  "ab aktiebolag",
	"HB":  "hb handelsbolag",
	"AS":  "as aksjeselskap aktieselskab",
	"ASA": "asa",
	"ApS": "aps anpartsselskab",
	"I/S": "interessentskab",
	"Oy":  "oy osakeyhtio",
	"Oyj": "oyj",
	"Ky":  "ky",
	"ehf": "ehf",
	"hf":  "hf",
	// Baltic
	"UAB": "uab",
	"MB":  "mb mazojibendrija",
	"VšĮ": "vsi",
	"SIA": "sia",
	"OÜ":  "ou osauhing",
	// Central and eastern Europe
	"Sp. z o.o.":       "spzoo spolkazoo spolkazograniczonaodpowiedzialnoscia",
	"Sp. z o.o. sp.k.": "spzoospk spzoospolkakomandytowa",
	"sp. j.":           "spj spolkajawna",
	"sp. k.":           "spk spolkakomandytowa",
	"s.r.o.":           "sro spolsro",
	"v.o.s.":           "vos",
	"z.s.":             "zs",
	"Kft":              "kft",
	"Bt":               "bt",
	"Zrt":              "zrt",
	"Nyrt":             "nyrt",
	"d.o.o.":           "doo",
	"j.d.o.o.":         "jdoo",
	"d.d.":             "dd",
	"OOD":              "ood оод",
	"EOOD":             "eood еоод",
	"AD":               "ad",
	"EAD":              "ead",
	"OOO":              "ooo ооо",
	"ZAO":              "zao зао",
	"AO":               "ao ао",
	"PAO":              "pao пао",
	"TOV":              "tov тов",
	"AE":               "ae αε",
	"EPE":              "epe επε",
	"IKE":              "ike ικε",
	"Ltd Şti":          "ltdsti limitedsirketi",
	"AŞ":               "anonimsirketi",
	// Asian
	"KK":     "kk kabushikikaisha 株式会社 株",
	"YK":     "yk 有限会社 有",
	"GK":     "gk 合同会社",
	"有限公司":   "有限公司 有限责任公司",
	"股份有限公司": "股份有限公司",
	"주식회사":   "주식회사 주",
	"PT":     "pt",
	"Tbk":    "tbk",
})

var (
	leadingForms = set("uab vsi sia ooo ооо зао пао тов sarl eurl sasu " +
		"株式会社 株 有限会社 合同会社 주식회사 주")
	wordLikeLeadingForms = set("ab as ао oy ou sa sas sc sci bv nv mb pt")
	wordLikeForms        = set("spa company se pc sc sci ad ky mb dd hf zs ek eg ao ae pt")
	unmistakableForms    = set("gmbh ltd llc llp inc plc srl sarl uab aps")
	ands                 = set("and und et og och")
	shortAnds            = set("y e en i u a ja") // with other meanings, so only before one of the next line
	kin                  = set("hijos hermanos asociados compania socios figli associati filhos associados zonen zoon " +
		"sohne sohn partner partners pojat synowie")
)

// abbreviations leads from common short forms to the long ones. Those that are short for several words
// ("Tech", "Comm") are not here: names that differ by them are similar, not the same.
var abbreviations = index(map[string]string{
	"international":  "intl",
	"national":       "natl",
	"services":       "svcs srvcs",
	"service":        "svc",
	"manufacturing":  "mfg",
	"associates":     "assoc assocs",
	"association":    "assn",
	"brothers":       "bros",
	"department":     "dept",
	"management":     "mgmt mgt",
	"marketing":      "mktg",
	"engineering":    "engrg",
	"construction":   "constr",
	"builders":       "bldrs",
	"building":       "bldg",
	"center":         "ctr cntr",
	"hospital":       "hosp",
	"university":     "univ",
	"government":     "govt",
	"group":          "grp",
	"holding":        "hldg",
	"holdings":       "hldgs",
	"systems":        "sys",
	"solutions":      "solns",
	"equipment":      "equip",
	"accounting":     "acctg",
	"insurance":      "ins",
	"laboratories":   "labs",
	"laboratory":     "lab",
	"road":           "rd",
	"avenue":         "ave",
	"boulevard":      "blvd",
	"gebruder":       "gebr gebrueder",
	"etablissements": "ets",
	"compagnie":      "cie",
	"fratelli":       "flli",
	"hermanos":       "hnos",
	"compania":       "cia",
})

// index turns a table of words and what stands for them, set apart by spaces, around.
func index(variants map[string]string) map[string]string {
	names := map[string]string{}
	for name, list := range variants {
		for _, variant := range strings.Fields(list) {
			names[variant] = name
		}
	}
	return names
}

func set(words string) map[string]bool {
	all := map[string]bool{}
	for _, w := range strings.Fields(words) {
		all[w] = true
	}
	return all
}

type legalForm struct {
	name, written string
	mayBeWord     bool
}

// takeForm takes one legal form off a name that has more to say: from its end, else from its beginning,
// else, where the word cannot mean anything else, from its middle ("Contoso GmbH Berlin").
func (r *reading) takeForm() (legalForm, bool) {
	const longest = 6 // words: S. de R. L. de C. V.
	for n := min(longest, len(r.words)-1); n > 0; n-- {
		at := len(r.words) - n
		if key := joined(r.words[at:]); legalForms[key] != "" {
			return r.take(at, n, wordLikeForms[key]), true
		}
		if key := joined(r.words[:n]); leadingForms[key] || wordLikeLeadingForms[key] {
			return r.take(0, n, wordLikeLeadingForms[key]), true
		}
	}
	for i, w := range r.words {
		if len(r.words) > 1 && unmistakableForms[w.key] {
			return r.take(i, 1, false), true
		}
	}
	return legalForm{}, false
}

func (r *reading) take(at, n int, mayBeWord bool) legalForm {
	name := legalForms[joined(r.words[at:at+n])]
	var written []string
	for _, w := range r.words[at : at+n] {
		written = append(written, w.written)
	}
	r.words = slices.Concat(r.words[:at], r.words[at+n:])
	return legalForm{name: name, written: strings.Join(written, " "), mayBeWord: mayBeWord}
}

// joined runs words together as in the table of legal forms. No form has an "and" in it but before "Co".
func joined(words []word) string {
	var all strings.Builder
	for i, w := range words {
		if i > 0 && w.linked && w.key != "co" {
			return ""
		}
		all.WriteString(w.key)
	}
	return all.String()
}
