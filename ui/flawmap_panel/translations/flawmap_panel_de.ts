<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="de" sourcelanguage="en">
<context>
    <name>Banner</name>
    <message>
        <source>Put away</source>
        <translation>Schließen</translation>
    </message>
</context>
<context>
    <name>Canvas</name>
    <message>
        <source>Repair previewed, overlay off</source>
        <translation>Reparatur als Vorschau, Markierung aus</translation>
    </message>
    <message>
        <source>Overlay on</source>
        <translation>Markierung an</translation>
    </message>
</context>
<context>
    <name>CompareView</name>
    <message>
        <source>Photo {}</source>
        <extracomment>More than so many would be too small to judge.</extracomment>
        <translation>Foto {}</translation>
    </message>
    <message>
        <source>Show alone</source>
        <translation>Allein zeigen</translation>
    </message>
    <message>
        <source>quality {word} ({value:.2f})</source>
        <translation>Qualität {word} ({value:.2f})</translation>
    </message>
    <message>
        <source>no flaws found</source>
        <translation>keine Fehler gefunden</translation>
    </message>
</context>
<context>
    <name>FindingsList</name>
    <message>
        <source>Findings</source>
        <translation>Befunde</translation>
    </message>
</context>
<context>
    <name>FindingsPanel</name>
    <message>
        <source>Strictness</source>
        <translation>Strenge</translation>
    </message>
    <message>
        <source>Left: only what is plainly bad. Right: whatever might be a flaw.</source>
        <translation>Links: nur was eindeutig schlecht ist. Rechts: alles, was ein Fehler sein könnte.</translation>
    </message>
    <message>
        <source>&amp;Strictness</source>
        <translation>&amp;Strenge</translation>
    </message>
    <message>
        <source>Back to the middle</source>
        <translation>Zurück zur Mitte</translation>
    </message>
    <message>
        <source>Reset strictness</source>
        <translation>Strenge zurücksetzen</translation>
    </message>
    <message>
        <source>Flaws</source>
        <translation>Fehler</translation>
    </message>
    <message>
        <source>Which flaws are listed and drawn</source>
        <translation>Welche Fehler aufgeführt und gezeichnet werden</translation>
    </message>
    <message>
        <source>Least severity</source>
        <translation>Geringste Schwere</translation>
    </message>
    <message>
        <source>any severity</source>
        <translation>jede Schwere</translation>
    </message>
    <message>
        <source>from {}</source>
        <translation>ab {}</translation>
    </message>
    <message>
        <source>Least area</source>
        <translation>Kleinste Fläche</translation>
    </message>
    <message>
        <source>any area</source>
        <translation>jede Fläche</translation>
    </message>
    <message>
        <source>subject</source>
        <translation>Motiv</translation>
    </message>
    <message>
        <source>Only flaws in what the photo is about</source>
        <translation>Nur Fehler in dem, worum es im Foto geht</translation>
    </message>
    <message>
        <source>&amp;Right</source>
        <translation>&amp;Richtig</translation>
    </message>
    <message>
        <source>The finding is right; it counts</source>
        <translation>Der Befund stimmt; er zählt</translation>
    </message>
    <message>
        <source>&amp;Ignore</source>
        <translation>&amp;Ignorieren</translation>
    </message>
    <message>
        <source>Not a flaw, or not of interest</source>
        <translation>Kein Fehler, oder nicht von Belang</translation>
    </message>
    <message>
        <source>&amp;Wanted</source>
        <translation>&amp;Gewollt</translation>
    </message>
    <message>
        <source>It is meant to be so</source>
        <translation>Es soll so sein</translation>
    </message>
    <message>
        <source>Open a photo or drop one here.</source>
        <translation>Öffnen Sie ein Foto oder ziehen Sie eines hierher.</translation>
    </message>
    <message>
        <source>Looking at {} …</source>
        <translation>{} wird angesehen …</translation>
    </message>
    <message>
        <source>Quality &lt;b&gt;{word}&lt;/b&gt; ({value:.2f})</source>
        <translation>Qualität &lt;b&gt;{word}&lt;/b&gt; ({value:.2f})</translation>
    </message>
    <message>
        <source>no flaws found</source>
        <translation>keine Fehler gefunden</translation>
    </message>
    <message numerus="yes">
        <source>%n finding(s) fail the check</source>
        <translation>
            <numerusform>%n Befund besteht die Prüfung nicht</numerusform>
            <numerusform>%n Befunde bestehen die Prüfung nicht</numerusform>
        </translation>
    </message>
    <message>
        <source>passes the check</source>
        <translation>besteht die Prüfung</translation>
    </message>
    <message>
        <source>by kind</source>
        <translation>nach Art</translation>
    </message>
    <message>
        <source>too mild</source>
        <translation>zu schwach</translation>
    </message>
    <message>
        <source>unimportant</source>
        <translation>unwichtig</translation>
    </message>
    <message>
        <source>too small</source>
        <translation>zu klein</translation>
    </message>
    <message>
        <source>not in the subject</source>
        <translation>nicht im Motiv</translation>
    </message>
    <message>
        <source>intended</source>
        <translation>beabsichtigt</translation>
    </message>
    <message>
        <source>ignored</source>
        <translation>ignoriert</translation>
    </message>
    <message>
        <source>Hidden: {}.</source>
        <translation>Ausgeblendet: {}.</translation>
    </message>
    <message>
        <source>{count} more small pieces of {name} are not listed.</source>
        <translation>{count} weitere kleine Stellen ({name}) sind nicht aufgeführt.</translation>
    </message>
</context>
<context>
    <name>Menus</name>
    <message>
        <source>&amp;File</source>
        <translation>&amp;Datei</translation>
    </message>
    <message>
        <source>&amp;Open photos…</source>
        <translation>Fotos ö&amp;ffnen …</translation>
    </message>
    <message>
        <source>Open &amp;folder…</source>
        <translation>&amp;Ordner öffnen …</translation>
    </message>
    <message>
        <source>&amp;Send findings on…</source>
        <translation>Befunde &amp;weitergeben …</translation>
    </message>
    <message>
        <source>Save &amp;repaired copy…</source>
        <translation>&amp;Reparierte Kopie speichern …</translation>
    </message>
    <message>
        <source>Show in file &amp;manager</source>
        <translation>Im Datei&amp;manager zeigen</translation>
    </message>
    <message>
        <source>&amp;Remove from window</source>
        <translation>Aus dem Fenster &amp;nehmen</translation>
    </message>
    <message>
        <source>&amp;Quit</source>
        <translation>&amp;Beenden</translation>
    </message>
    <message>
        <source>&amp;Edit</source>
        <translation>&amp;Bearbeiten</translation>
    </message>
    <message>
        <source>&amp;Undo</source>
        <translation>&amp;Rückgängig</translation>
    </message>
    <message>
        <source>&amp;Redo</source>
        <translation>&amp;Wiederholen</translation>
    </message>
    <message>
        <source>&amp;Copy findings as text</source>
        <translation>Befunde als Text &amp;kopieren</translation>
    </message>
    <message>
        <source>Copy &amp;mask</source>
        <translation>&amp;Maske kopieren</translation>
    </message>
    <message>
        <source>Mark &amp;nothing</source>
        <translation>&amp;Nichts markieren</translation>
    </message>
    <message>
        <source>&amp;Settings…</source>
        <translation>&amp;Einstellungen …</translation>
    </message>
    <message>
        <source>&amp;View</source>
        <translation>&amp;Ansicht</translation>
    </message>
    <message>
        <source>O&amp;verlay</source>
        <translation>&amp;Markierung</translation>
    </message>
    <message>
        <source>&amp;Outlines instead of tint</source>
        <translation>&amp;Umrisse statt Farbe</translation>
    </message>
    <message>
        <source>&amp;Judge at 1:1</source>
        <translation>&amp;Bei 1:1 beurteilen</translation>
    </message>
    <message>
        <source>&amp;One picture</source>
        <translation>&amp;Ein Bild</translation>
    </message>
    <message>
        <source>S&amp;plit: photo and findings</source>
        <translation>&amp;Geteilt: Foto und Befunde</translation>
    </message>
    <message>
        <source>&amp;Side by side</source>
        <translation>&amp;Nebeneinander</translation>
    </message>
    <message>
        <source>&amp;Photo</source>
        <translation>&amp;Foto</translation>
    </message>
    <message>
        <source>&amp;Contact sheet</source>
        <translation>&amp;Kontaktbogen</translation>
    </message>
    <message>
        <source>Compare the &amp;selected</source>
        <translation>&amp;Ausgewählte vergleichen</translation>
    </message>
    <message>
        <source>&amp;Fit</source>
        <translation>&amp;Einpassen</translation>
    </message>
    <message>
        <source>&amp;1:1</source>
        <translation>&amp;1:1</translation>
    </message>
    <message>
        <source>Zoom &amp;in</source>
        <translation>&amp;Vergrößern</translation>
    </message>
    <message>
        <source>Zoom &amp;out</source>
        <translation>Ver&amp;kleinern</translation>
    </message>
    <message>
        <source>F&amp;indings</source>
        <translation>Be&amp;funde</translation>
    </message>
    <message>
        <source>&amp;Next finding</source>
        <translation>&amp;Nächster Befund</translation>
    </message>
    <message>
        <source>&amp;Previous finding</source>
        <translation>&amp;Voriger Befund</translation>
    </message>
    <message>
        <source>The finding is &amp;right</source>
        <translation>Der Befund ist &amp;richtig</translation>
    </message>
    <message>
        <source>&amp;Ignore it</source>
        <translation>&amp;Ignorieren</translation>
    </message>
    <message>
        <source>It is &amp;wanted</source>
        <translation>Es ist &amp;gewollt</translation>
    </message>
    <message>
        <source>&amp;Photos</source>
        <translation>F&amp;otos</translation>
    </message>
    <message>
        <source>&amp;Next photo</source>
        <translation>&amp;Nächstes Foto</translation>
    </message>
    <message>
        <source>&amp;Previous photo</source>
        <translation>&amp;Voriges Foto</translation>
    </message>
    <message>
        <source>P&amp;ick</source>
        <translation>&amp;Auswählen</translation>
    </message>
    <message>
        <source>&amp;Reject</source>
        <translation>&amp;Verwerfen</translation>
    </message>
    <message>
        <source>No &amp;flag</source>
        <translation>&amp;Keine Kennzeichnung</translation>
    </message>
    <message>
        <source>&amp;Sort by</source>
        <translation>&amp;Sortieren nach</translation>
    </message>
    <message>
        <source>&amp;Best of the selected</source>
        <translation>&amp;Bestes der Ausgewählten</translation>
    </message>
    <message>
        <source>S&amp;top</source>
        <translation>An&amp;halten</translation>
    </message>
    <message>
        <source>&amp;Judge again</source>
        <translation>Neu &amp;beurteilen</translation>
    </message>
    <message>
        <source>Tools</source>
        <translation>Werkzeuge</translation>
    </message>
    <message>
        <source>Pick</source>
        <translation>Zeigen</translation>
    </message>
    <message>
        <source>Box</source>
        <translation>Rechteck</translation>
    </message>
    <message>
        <source>Lasso</source>
        <translation>Lasso</translation>
    </message>
    <message>
        <source>Brush</source>
        <translation>Pinsel</translation>
    </message>
    <message>
        <source>Order of opening</source>
        <translation>Reihenfolge des Öffnens</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>Name</translation>
    </message>
    <message>
        <source>Quality, worst first</source>
        <translation>Qualität, die schlechteste zuerst</translation>
    </message>
    <message>
        <source>Worst flaw first</source>
        <translation>Schlimmster Fehler zuerst</translation>
    </message>
    <message>
        <source>Sharpness of the subject, softest first</source>
        <translation>Schärfe des Motivs, das unschärfste zuerst</translation>
    </message>
</context>
<context>
    <name>PhotoView</name>
    <message>
        <source>Photo</source>
        <translation>Foto</translation>
    </message>
</context>
<context>
    <name>RepairCard</name>
    <message>
        <source>What can be &amp;done about it?</source>
        <translation>Was lässt sich &amp;dagegen tun?</translation>
    </message>
    <message>
        <source>Strength of the repair</source>
        <translation>Stärke der Reparatur</translation>
    </message>
    <message>
        <source>S&amp;trength</source>
        <translation>S&amp;tärke</translation>
    </message>
    <message>
        <source>&amp;Before</source>
        <translation>&amp;Vorher</translation>
    </message>
    <message>
        <source>Show the photo as it is</source>
        <translation>Das Foto zeigen, wie es ist</translation>
    </message>
    <message>
        <source>&amp;Keep</source>
        <translation>&amp;Behalten</translation>
    </message>
    <message>
        <source>Take the repair into the copy that you save</source>
        <translation>Die Reparatur in die gespeicherte Kopie übernehmen</translation>
    </message>
    <message>
        <source>&amp;Leave as it is</source>
        <translation>So &amp;lassen</translation>
    </message>
    <message>
        <source>Kept ✓</source>
        <translation>Behalten ✓</translation>
    </message>
    <message>
        <source>Working …</source>
        <translation>In Arbeit …</translation>
    </message>
    <message>
        <source>Severity {before:.2f} ({was}) → {after:.2f} ({now}).</source>
        <translation>Schwere {before:.2f} ({was}) → {after:.2f} ({now}).</translation>
    </message>
    <message>
        <source>That did not help; better leave it as it is.</source>
        <translation>Das hat nicht geholfen; lassen Sie es besser so.</translation>
    </message>
</context>
<context>
    <name>RoiCard</name>
    <message>
        <source>cannot tell</source>
        <translation>nicht zu sagen</translation>
    </message>
    <message>
        <source>Marked part: quality {quality}, importance {importance}</source>
        <translation>Markierter Teil: Qualität {quality}, Wichtigkeit {importance}</translation>
    </message>
    <message>
        <source>No flaws found here.</source>
        <translation>Hier wurden keine Fehler gefunden.</translation>
    </message>
    <message>
        <source>Mostly {name}, {word}, on {width} × {height} px.</source>
        <translation>Vor allem {name}, {word}, auf {width} × {height} px.</translation>
    </message>
</context>
<context>
    <name>SendDialog</name>
    <message>
        <source>Send findings on</source>
        <translation>Befunde weitergeben</translation>
    </message>
    <message>
        <source>&amp;Choose…</source>
        <translation>&amp;Auswählen …</translation>
    </message>
    <message>
        <source>&amp;Format</source>
        <translation>&amp;Format</translation>
    </message>
    <message>
        <source>F&amp;older</source>
        <translation>&amp;Ordner</translation>
    </message>
    <message numerus="yes">
        <source>%n photo(s)</source>
        <translation>
            <numerusform>%n Foto</numerusform>
            <numerusform>%n Fotos</numerusform>
        </translation>
    </message>
    <message>
        <source>What could not be written</source>
        <translation>Was nicht geschrieben werden konnte</translation>
    </message>
    <message>
        <source>&amp;Write</source>
        <translation>&amp;Schreiben</translation>
    </message>
    <message>
        <source>S&amp;top</source>
        <translation>An&amp;halten</translation>
    </message>
    <message>
        <source>&amp;Show files</source>
        <translation>Dateien &amp;zeigen</translation>
    </message>
    <message>
        <source>Write findings into</source>
        <translation>Befunde schreiben nach</translation>
    </message>
    <message>
        <source>{written} of {total} written.</source>
        <translation>{written} von {total} geschrieben.</translation>
    </message>
    <message numerus="yes">
        <source>%n could not be:</source>
        <translation>
            <numerusform>%n konnte nicht geschrieben werden:</numerusform>
            <numerusform>%n konnten nicht geschrieben werden:</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>SettingsDialog</name>
    <message>
        <source>Settings</source>
        <translation>Einstellungen</translation>
    </message>
    <message>
        <source>Looks</source>
        <translation>Aussehen</translation>
    </message>
    <message>
        <source>As the system</source>
        <translation>Wie das System</translation>
    </message>
    <message>
        <source>Takes effect when Flawmap is started the next time</source>
        <translation>Gilt ab dem nächsten Start von Flawmap</translation>
    </message>
    <message>
        <source>Light</source>
        <translation>Hell</translation>
    </message>
    <message>
        <source>Dark</source>
        <translation>Dunkel</translation>
    </message>
    <message>
        <source>&amp;Language</source>
        <translation>&amp;Sprache</translation>
    </message>
    <message>
        <source>&amp;Theme</source>
        <translation>&amp;Farbschema</translation>
    </message>
    <message>
        <source>&amp;Overlay opacity</source>
        <translation>&amp;Deckkraft der Markierung</translation>
    </message>
    <message>
        <source>Judging</source>
        <translation>Beurteilung</translation>
    </message>
    <message>
        <source>Judge photos anew when they are &amp;saved</source>
        <translation>Fotos neu beurteilen, wenn sie &amp;gespeichert werden</translation>
    </message>
    <message>
        <source>Threshold of {}</source>
        <translation>Schwelle für {}</translation>
    </message>
    <message>
        <source>Engine</source>
        <translation>Rechenprogramm</translation>
    </message>
    <message>
        <source>fastest there is</source>
        <translation>das schnellste</translation>
    </message>
    <message>
        <source>&amp;Device</source>
        <translation>&amp;Gerät</translation>
    </message>
    <message>
        <source>{used} of {budget} MB for photos</source>
        <translation>{used} von {budget} MB für Fotos</translation>
    </message>
    <message>
        <source>Memory</source>
        <translation>Speicher</translation>
    </message>
    <message>
        <source>Threads</source>
        <translation>Threads</translation>
    </message>
    <message>
        <source>Privacy</source>
        <translation>Privatsphäre</translation>
    </message>
    <message>
        <source>Nothing leaves this machine: no address was allowed, and none is asked.</source>
        <translation>Nichts verlässt diesen Rechner: Keine Adresse wurde erlaubt, und keine wird gefragt.</translation>
    </message>
    <message>
        <source>Keys</source>
        <translation>Tasten</translation>
    </message>
    <message>
        <source>What</source>
        <translation>Was</translation>
    </message>
    <message>
        <source>Keys for {}</source>
        <translation>Tasten für {}</translation>
    </message>
    <message>
        <source>{keys} is taken by “{what}”; nothing was changed.</source>
        <translation>{keys} gehört schon zu „{what}“; nichts wurde geändert.</translation>
    </message>
</context>
<context>
    <name>Strip</name>
    <message>
        <source>Photos</source>
        <translation>Fotos</translation>
    </message>
</context>
<context>
    <name>Window</name>
    <message>
        <source>Findings</source>
        <translation>Befunde</translation>
    </message>
    <message>
        <source>Photos</source>
        <translation>Fotos</translation>
    </message>
    <message>
        <source>%v of %m</source>
        <translation>%v von %m</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>Anhalten</translation>
    </message>
    <message>
        <source>Open photos</source>
        <translation>Fotos öffnen</translation>
    </message>
    <message>
        <source>Open a folder of photos</source>
        <translation>Einen Ordner mit Fotos öffnen</translation>
    </message>
    <message>
        <source>Select two to four photos first.</source>
        <translation>Wählen Sie zuerst zwei bis vier Fotos aus.</translation>
    </message>
    <message>
        <source>No repair is kept yet.</source>
        <translation>Noch keine Reparatur ist behalten.</translation>
    </message>
    <message>
        <source>Select a finding, ask what can be done about it, and keep the repair.</source>
        <translation>Wählen Sie einen Befund, fragen Sie, was sich dagegen tun lässt, und behalten Sie die Reparatur.</translation>
    </message>
    <message>
        <source>Save repaired copy</source>
        <translation>Reparierte Kopie speichern</translation>
    </message>
    <message>
        <source>The repaired copy is {}.</source>
        <translation>Die reparierte Kopie ist {}.</translation>
    </message>
    <message>
        <source>Open it</source>
        <translation>Öffnen</translation>
    </message>
    <message>
        <source>Select two or more judged photos of one scene first.</source>
        <translation>Wählen Sie zuerst mindestens zwei beurteilte Fotos einer Szene aus.</translation>
    </message>
    <message>
        <source>Pick the best</source>
        <translation>Das beste auswählen</translation>
    </message>
    <message>
        <source>Mark a part with box, lasso or brush first.</source>
        <translation>Markieren Sie zuerst einen Teil mit Rechteck, Lasso oder Pinsel.</translation>
    </message>
    <message>
        <source>Restart the engine</source>
        <translation>Rechenprogramm neu starten</translation>
    </message>
    <message>
        <source>Copy diagnostics</source>
        <translation>Diagnose kopieren</translation>
    </message>
    <message>
        <source>Starting …</source>
        <translation>Startet …</translation>
    </message>
</context>
<context>
    <name>_Painter</name>
    <message>
        <source>likely intended</source>
        <translation>wohl beabsichtigt</translation>
    </message>
    <message>
        <source>not judged</source>
        <translation>nicht beurteilt</translation>
    </message>
    <message>
        <source>flaws</source>
        <translation>Fehler</translation>
    </message>
    <message>
        <source>clean</source>
        <translation>sauber</translation>
    </message>
</context>
<context>
    <name>_Rows</name>
    <message>
        <source>Fails the check.</source>
        <translation>Besteht die Prüfung nicht.</translation>
    </message>
    <message>
        <source>Not judged yet.</source>
        <translation>Noch nicht beurteilt.</translation>
    </message>
    <message>
        <source>Working …</source>
        <translation>In Arbeit …</translation>
    </message>
    <message>
        <source>Quality {}</source>
        <translation>Qualität {}</translation>
    </message>
    <message>
        <source>no flaws found</source>
        <translation>keine Fehler gefunden</translation>
    </message>
</context>
<context>
    <name>words</name>
    <message>
        <source>blur</source>
        <translation>Unschärfe</translation>
    </message>
    <message>
        <source>motion blur</source>
        <translation>Bewegungsunschärfe</translation>
    </message>
    <message>
        <source>noise</source>
        <translation>Rauschen</translation>
    </message>
    <message>
        <source>overexposure</source>
        <translation>Überbelichtung</translation>
    </message>
    <message>
        <source>low light</source>
        <translation>zu dunkel</translation>
    </message>
    <message>
        <source>compression damage</source>
        <translation>Kompressionsschaden</translation>
    </message>
    <message>
        <source>low contrast</source>
        <translation>flauer Kontrast</translation>
    </message>
    <message>
        <source>colour error</source>
        <translation>Farbfehler</translation>
    </message>
    <message>
        <source>none</source>
        <translation>keine</translation>
    </message>
    <message>
        <source>trivial</source>
        <translation>unerheblich</translation>
    </message>
    <message>
        <source>minor</source>
        <translation>gering</translation>
    </message>
    <message>
        <source>moderate</source>
        <translation>mäßig</translation>
    </message>
    <message>
        <source>severe</source>
        <translation>stark</translation>
    </message>
    <message>
        <source>extreme</source>
        <translation>extrem</translation>
    </message>
    <message>
        <source>bad</source>
        <translation>schlecht</translation>
    </message>
    <message>
        <source>poor</source>
        <translation>dürftig</translation>
    </message>
    <message>
        <source>fair</source>
        <translation>mittel</translation>
    </message>
    <message>
        <source>good</source>
        <translation>gut</translation>
    </message>
    <message>
        <source>excellent</source>
        <translation>ausgezeichnet</translation>
    </message>
    <message>
        <source>unimportant</source>
        <translation>unwichtig</translation>
    </message>
    <message>
        <source>normal</source>
        <translation>normal</translation>
    </message>
    <message>
        <source>important</source>
        <translation>wichtig</translation>
    </message>
    <message>
        <source>essential</source>
        <translation>wesentlich</translation>
    </message>
    <message>
        <source>accepted</source>
        <translation>richtig</translation>
    </message>
    <message>
        <source>ignored</source>
        <translation>ignoriert</translation>
    </message>
    <message>
        <source>intentional</source>
        <translation>gewollt</translation>
    </message>
</context>
</TS>
