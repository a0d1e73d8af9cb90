package groundtruth

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
)

// Figures are a verdict in numbers, to be published and to be compared with. Ratios are rounded to four decimals.
type Figures struct {
	Attacks     map[string]AttackFigures  `json:"attacks"`  // by kind of attack
	Findings    map[string]FindingFigures `json:"findings"` // by kind and detector, such as dos/total_calls
	All         AllFigures                `json:"all"`
	FalseAlarms int                       `json:"false_alarms"`
	FalseQuiet  int                       `json:"false_alarms_quiet"` // of these, in the initial quiet stretch
}

// AttackFigures are those of a kind of attack.
type AttackFigures struct {
	Instances int            `json:"instances"`
	Found     int            `json:"found"`
	Recall    float64        `json:"recall"`
	FoundBy   map[string]int `json:"found_by,omitempty"` // instances found, by anomaly.kind
	Calls     *CallFigures   `json:"calls,omitempty"`    // of kinds that invariants are expected to find
}

// CallFigures are those of single calls.
type CallFigures struct {
	Calls  int     `json:"calls"`
	Found  int     `json:"found"`
	Recall float64 `json:"recall"`
}

// FindingFigures are those of a detector.
type FindingFigures struct {
	Findings  int     `json:"findings"` // alarms begun
	Right     int     `json:"right"`
	Precision float64 `json:"precision"` // 0 where there are no findings
}

// AllFigures are those of all attacks and all detectors.
type AllFigures struct {
	Instances int     `json:"instances"`
	Found     int     `json:"found"`
	Recall    float64 `json:"recall"`
	FindingFigures
}

// Figures returns the verdict in numbers.
func (v Verdict) Figures() Figures {
	f := Figures{Attacks: make(map[string]AttackFigures), Findings: make(map[string]FindingFigures)}
	for i := range v.Kinds {
		k := &v.Kinds[i]
		a := AttackFigures{Instances: k.Instances, Found: k.Found, Recall: rounded(k.Recall())}
		if len(k.FoundBy) > 0 {
			a.FoundBy = k.FoundBy
		}
		if k.byCall() {
			a.Calls = &CallFigures{Calls: k.Calls, Found: k.CallsFound, Recall: rounded(k.CallRecall())}
		}
		f.Attacks[k.Name] = a
		f.All.Instances += k.Instances
		f.All.Found += k.Found
	}
	for _, s := range v.Sources() {
		finding := Finding{Kind: s.Kind, Detector: s.Detector}
		f.Findings[finding.source()] = FindingFigures{Findings: s.Findings, Right: s.Right, Precision: rounded(s.Precision())}
		f.All.Findings += s.Findings
		f.All.Right += s.Right
	}
	f.All.Recall = rounded(part(f.All.Found, f.All.Instances))
	f.All.Precision = rounded(part(f.All.Right, f.All.Findings))
	alarms, quiet := v.FalseAlarms()
	f.FalseAlarms, f.FalseQuiet = len(alarms), quiet
	return f
}

func rounded(ratio float64) float64 { return math.Round(ratio*1e4) / 1e4 }

// WriteFigures writes figures to a file, as JSON in lines that can be compared: the same figures are the same bytes.
func WriteFigures(path string, f Figures) error {
	text, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return fmt.Errorf("write the figures: %w", err)
	}
	if err := os.WriteFile(path, append(text, '\n'), 0o644); err != nil {
		return fmt.Errorf("write the figures: %w", err)
	}
	return nil
}

// maxFigures is the most that is read of a file of figures, in bytes.
const maxFigures = 4 << 20

// ReadFigures reads what [WriteFigures] wrote. Unknown fields are passed over.
func ReadFigures(path string) (f Figures, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("read the figures: %w", err)
		}
	}()
	file, err := os.Open(path)
	if err != nil {
		return Figures{}, err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxFigures+1))
	if err != nil {
		return Figures{}, err
	}
	if len(text) > maxFigures {
		return Figures{}, fmt.Errorf("%s is larger than %d MiB", path, maxFigures>>20)
	}
	if err := json.Unmarshal(bytes.TrimSpace(text), &f); err != nil {
		return Figures{}, fmt.Errorf("%s holds no figures in JSON: %w", path, err)
	}
	if f.Attacks == nil || f.Findings == nil {
		return Figures{}, errors.New(path + " holds no figures: attacks or findings are missing")
	}
	return f, nil
}
