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
        <source>quality {word} ({value})</source>
        <translation>Qualität {word} ({value})</translation>
    </message>
    <message>
        <source>no flaws found</source>
        <translation>keine Fehler gefunden</translation>
    </message>
</context>
<context>
    <name>Copied</name>
    <message>
        <source>unsaved photo</source>
        <translation>ungespeichertes Foto</translation>
    </message>
    <message>
        <source>{name}: quality {word} ({value})</source>
        <translation>{name}: Qualität {word} ({value})</translation>
    </message>
    <message>
        <source>likely intended</source>
        <translation>wohl gewollt</translation>
    </message>
    <message>
        <source>- no findings</source>
        <translation>- keine Befunde</translation>
    </message>
    <message>
        <source>({count} more hidden by filters)</source>
        <translation>({count} weitere durch Filter verborgen)</translation>
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
        <source>Quality &lt;b&gt;{word}&lt;/b&gt; ({value})</source>
        <translation>Qualität &lt;b&gt;{word}&lt;/b&gt; ({value})</translation>
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
        <source>It fails the check (red dot).</source>
        <translation>Er besteht die Prüfung nicht (roter Punkt).</translation>
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
        <source>Show all</source>
        <translation>Alle zeigen</translation>
    </message>
    <message>
        <source>{count} more small pieces of {name} are not listed.</source>
        <translation>{count} weitere kleine Stellen ({name}) sind nicht aufgeführt.</translation>
    </message>
</context>
<context>
    <name>FirstSteps</name>
    <message>
        <source>&lt;b&gt;Open or drop&lt;/b&gt; photos and folders. They are judged one after another, on this machine, and their files are never changed.</source>
        <translation>Fotos und Ordner &lt;b&gt;öffnen oder hereinziehen&lt;/b&gt;. Sie werden nacheinander beurteilt, auf diesem Rechner, und ihre Dateien nie verändert.</translation>
    </message>
    <message>
        <source>&lt;b&gt;The tint&lt;/b&gt; shows where a flaw is; its colour says which. &lt;b&gt;O&lt;/b&gt; switches it off. The wheel zooms, space and mouse move, a double click shows 1:1.</source>
        <translation>&lt;b&gt;Die Tönung&lt;/b&gt; zeigt, wo ein Fehler ist; ihre Farbe sagt, welcher. &lt;b&gt;O&lt;/b&gt; schaltet sie aus. Das Mausrad zoomt, Leertaste und Maus verschieben, ein Doppelklick zeigt 1:1.</translation>
    </message>
    <message>
        <source>&lt;b&gt;The list&lt;/b&gt; names the findings, worst first. Click one there or in the photo, or go through them with &lt;b&gt;N&lt;/b&gt; and &lt;b&gt;P&lt;/b&gt;.</source>
        <translation>&lt;b&gt;Die Liste&lt;/b&gt; nennt die Befunde, die schlimmsten zuerst. Einen dort oder im Foto anklicken, oder mit &lt;b&gt;N&lt;/b&gt; und &lt;b&gt;P&lt;/b&gt; durchgehen.</translation>
    </message>
    <message>
        <source>&lt;b&gt;You decide&lt;/b&gt;: a finding is right, to be ignored, or wanted. What you ignore or want never fails a check, and Ctrl+Z takes it back.</source>
        <translation>&lt;b&gt;Sie entscheiden&lt;/b&gt;: ein Befund stimmt, ist zu ignorieren oder gewollt. Was ignoriert oder gewollt ist, lässt keine Prüfung scheitern, und Strg+Z nimmt es zurück.</translation>
    </message>
    <message>
        <source>&lt;b&gt;Strictness&lt;/b&gt; lists more or less at once, without looking again. What is hidden is always counted.</source>
        <translation>&lt;b&gt;Die Strenge&lt;/b&gt; listet sofort mehr oder weniger, ohne neu zu suchen. Was verborgen ist, wird immer gezählt.</translation>
    </message>
    <message>
        <source>&lt;b&gt;Box, lasso and brush&lt;/b&gt; mark a part and score it. Ctrl+E sends findings on, Ctrl+S saves a repaired copy.</source>
        <translation>&lt;b&gt;Rechteck, Lasso und Pinsel&lt;/b&gt; markieren einen Teil und bewerten ihn. Strg+E gibt Befunde weiter, Strg+S speichert eine reparierte Kopie.</translation>
    </message>
</context>
<context>
    <name>Help</name>
    <message>
        <source>First steps</source>
        <translation>Erste Schritte</translation>
    </message>
    <message>
        <source>Wheel, Ctrl+wheel</source>
        <translation>Mausrad, Strg+Mausrad</translation>
    </message>
    <message>
        <source>Zoom at the pointer</source>
        <translation>Am Zeiger zoomen</translation>
    </message>
    <message>
        <source>Shift+wheel</source>
        <translation>Umschalt+Mausrad</translation>
    </message>
    <message>
        <source>Move sideways</source>
        <translation>Seitwärts verschieben</translation>
    </message>
    <message>
        <source>Space or middle button, drag</source>
        <translation>Leertaste oder mittlere Taste, ziehen</translation>
    </message>
    <message>
        <source>Move the photo</source>
        <translation>Das Foto verschieben</translation>
    </message>
    <message>
        <source>Double click</source>
        <translation>Doppelklick</translation>
    </message>
    <message>
        <source>Whole photo or 1:1</source>
        <translation>Ganzes Foto oder 1:1</translation>
    </message>
    <message>
        <source>Arrow keys</source>
        <translation>Pfeiltasten</translation>
    </message>
    <message>
        <source>Move the photo; next photo where all of it is seen</source>
        <translation>Das Foto verschieben; nächstes Foto, wenn es ganz zu sehen ist</translation>
    </message>
    <message>
        <source>Shift, Alt with box, lasso, brush</source>
        <translation>Umschalt, Alt mit Rechteck, Lasso, Pinsel</translation>
    </message>
    <message>
        <source>Add to the part, take away</source>
        <translation>Zum Teil hinzufügen, wegnehmen</translation>
    </message>
    <message>
        <source>Delete in the list</source>
        <translation>Entf in der Liste</translation>
    </message>
    <message>
        <source>Ignore the finding</source>
        <translation>Den Befund ignorieren</translation>
    </message>
    <message>
        <source>Mouse and hand</source>
        <translation>Maus und Hand</translation>
    </message>
    <message>
        <source>Keys</source>
        <translation>Tasten</translation>
    </message>
    <message>
        <source>Other keys can be set under Edit, Settings.</source>
        <translation>Andere Tasten lassen sich unter Bearbeiten, Einstellungen wählen.</translation>
    </message>
    <message>
        <source>Keys and mouse</source>
        <translation>Tasten und Maus</translation>
    </message>
    <message>
        <source>Edges are soft: the focus lies elsewhere, or the lens is soft.</source>
        <translation>Kanten sind weich: der Fokus liegt woanders, oder das Objektiv zeichnet weich.</translation>
    </message>
    <message>
        <source>Things are smeared along a way: the camera or the subject moved.</source>
        <translation>Alles ist in einer Richtung verwischt: die Kamera oder das Motiv hat sich bewegt.</translation>
    </message>
    <message>
        <source>Grain or colour specks that the scene did not have.</source>
        <translation>Körner oder Farbflecken, die es in der Szene nicht gab.</translation>
    </message>
    <message>
        <source>Too bright; where channels are clipped, detail is lost.</source>
        <translation>Zu hell; wo Kanäle ausgefressen sind, ist Zeichnung verloren.</translation>
    </message>
    <message>
        <source>Too dark to see what is there.</source>
        <translation>Zu dunkel, um zu erkennen, was da ist.</translation>
    </message>
    <message>
        <source>Blocks, ringing and smeared texture of strong compression.</source>
        <translation>Blöcke, Säume und verschmierte Strukturen von starker Kompression.</translation>
    </message>
    <message>
        <source>Too flat, as in haze.</source>
        <translation>Zu flau, wie im Dunst.</translation>
    </message>
    <message>
        <source>A colour cast, or far too much or too little colour.</source>
        <translation>Ein Farbstich, oder viel zu viel oder zu wenig Farbe.</translation>
    </message>
    <message>
        <source>&lt;b&gt;Severity&lt;/b&gt; goes from 0 to 1: 0.2 is just visible side by side, 0.4 plain at a glance, 0.6 disturbs, and 0.8 annoys nearly everybody.</source>
        <translation>&lt;b&gt;Die Schwere&lt;/b&gt; geht von 0 bis 1: 0,2 ist im Vergleich gerade sichtbar, 0,4 auf einen Blick deutlich, 0,6 stört, und 0,8 ärgert fast jeden.</translation>
    </message>
    <message>
        <source>&lt;b&gt;Cannot tell&lt;/b&gt; is an answer, too: a plain sky holds nothing to judge blur by.</source>
        <translation>&lt;b&gt;Nicht zu beurteilen&lt;/b&gt; ist auch eine Antwort: ein leerer Himmel enthält nichts, woran Unschärfe zu erkennen wäre.</translation>
    </message>
    <message>
        <source>Photos are judged as seen whole on a screen. &lt;b&gt;Judge at 1:1&lt;/b&gt; (V) looks at every pixel; a flaw that shows there only is a minor matter for most uses.</source>
        <translation>Fotos werden beurteilt, wie man sie ganz auf einem Bildschirm sieht. &lt;b&gt;Bei 1:1 beurteilen&lt;/b&gt; (V) schaut auf jedes Pixel; ein Fehler, der nur dort zu sehen ist, ist meist eine Kleinigkeit.</translation>
    </message>
    <message>
        <source>What the flaws mean</source>
        <translation>Was die Fehler bedeuten</translation>
    </message>
    <message>
        <source>Finds what is technically wrong with photos, and where. Everything happens on this machine; photos are never changed by looking at them.</source>
        <translation>Findet, was an Fotos technisch nicht stimmt, und wo. Alles geschieht auf diesem Rechner; vom Ansehen wird kein Foto verändert.</translation>
    </message>
    <message>
        <source>About Flawmap</source>
        <translation>Über Flawmap</translation>
    </message>
    <message>
        <source>&amp;Copy diagnostics</source>
        <translation>Diagnose &amp;kopieren</translation>
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
        <source>Open re&amp;cent</source>
        <translation>&amp;Zuletzt geöffnet</translation>
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
        <source>Open in {}</source>
        <translation>In {} öffnen</translation>
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
        <translation>Wählen</translation>
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
        <source>&amp;Help</source>
        <translation>&amp;Hilfe</translation>
    </message>
    <message>
        <source>&amp;First steps</source>
        <translation>&amp;Erste Schritte</translation>
    </message>
    <message>
        <source>&amp;Keys and mouse</source>
        <translation>&amp;Tasten und Maus</translation>
    </message>
    <message>
        <source>What the fla&amp;ws mean</source>
        <translation>&amp;Was die Fehler bedeuten</translation>
    </message>
    <message>
        <source>Copy &amp;diagnostics</source>
        <translation>&amp;Diagnose kopieren</translation>
    </message>
    <message>
        <source>&amp;About Flawmap</source>
        <translation>Ü&amp;ber Flawmap</translation>
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
        <source>Severity {before} ({was}) → {after} ({now}).</source>
        <translation>Schwere {before} ({was}) → {after} ({now}).</translation>
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
    <message>
        <source>none</source>
        <translation>keine</translation>
    </message>
</context>
<context>
    <name>SendDialog</name>
    <message>
        <source>Send findings on</source>
        <translation>Befunde weitergeben</translation>
    </message>
    <message>
        <source>Folder</source>
        <translation>Ordner</translation>
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
    <message>
        <source>Photos written</source>
        <translation>Geschriebene Fotos</translation>
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
        <source>No keys for {}</source>
        <translation>Keine Tasten für {}</translation>
    </message>
    <message>
        <source>{keys} is taken by “{what}”; nothing was changed.</source>
        <translation>{keys} gehört schon zu „{what}“; nichts wurde geändert.</translation>
    </message>
</context>
<context>
    <name>StatusBar</name>
    <message>
        <source>%v of %m</source>
        <translation>%v von %m</translation>
    </message>
    <message>
        <source>Photos judged</source>
        <translation>Beurteilte Fotos</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>Anhalten</translation>
    </message>
    <message>
        <source>Stop judging; what is done stays</source>
        <translation>Beurteilen anhalten; was fertig ist, bleibt</translation>
    </message>
    <message>
        <source>Starting …</source>
        <translation>Startet …</translation>
    </message>
    <message>
        <source>CPU: nothing faster is installed</source>
        <translation>CPU: nichts Schnelleres ist installiert</translation>
    </message>
    <message>
        <source>{device}: agrees with the CPU</source>
        <translation>{device}: stimmt mit der CPU überein</translation>
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
    <name>StripBar</name>
    <message>
        <source>Which photos are shown</source>
        <translation>Welche Fotos gezeigt werden</translation>
    </message>
    <message>
        <source>All photos</source>
        <translation>Alle Fotos</translation>
    </message>
    <message>
        <source>With flaws</source>
        <translation>Mit Fehlern</translation>
    </message>
    <message>
        <source>Clean</source>
        <translation>Ohne Fehler</translation>
    </message>
    <message>
        <source>Not judged</source>
        <translation>Nicht beurteilt</translation>
    </message>
    <message>
        <source>Picked</source>
        <translation>Ausgewählt</translation>
    </message>
    <message>
        <source>Rejected</source>
        <translation>Verworfen</translation>
    </message>
    <message>
        <source>Order of the photos</source>
        <translation>Reihenfolge der Fotos</translation>
    </message>
    <message>
        <source>Order of opening</source>
        <translation>Wie geöffnet</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>Name</translation>
    </message>
    <message>
        <source>Quality, worst first</source>
        <translation>Qualität, schlechte zuerst</translation>
    </message>
    <message>
        <source>Worst flaw first</source>
        <translation>Schlimmste zuerst</translation>
    </message>
    <message>
        <source>Softest subject first</source>
        <translation>Weichste zuerst</translation>
    </message>
    <message>
        <source>Show &amp;all</source>
        <translation>&amp;Alle zeigen</translation>
    </message>
    <message>
        <source>{hidden} of {total} hidden</source>
        <translation>{hidden} von {total} verborgen</translation>
    </message>
    <message numerus="yes">
        <source>%n photo(s)</source>
        <translation>
            <numerusform>%n Foto</numerusform>
            <numerusform>%n Fotos</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>Welcome</name>
    <message>
        <source>Welcome</source>
        <translation>Willkommen</translation>
    </message>
    <message>
        <source>See what is wrong with a photo, and where</source>
        <translation>Sehen, was an einem Foto nicht stimmt, und wo</translation>
    </message>
    <message>
        <source>Open &amp;photos…</source>
        <translation>&amp;Fotos öffnen …</translation>
    </message>
    <message>
        <source>Open a f&amp;older…</source>
        <translation>&amp;Ordner öffnen …</translation>
    </message>
    <message>
        <source>Drop photos or a folder here, or:</source>
        <translation>Fotos oder einen Ordner hierher ziehen, oder:</translation>
    </message>
    <message>
        <source>Open {}</source>
        <translation>{} öffnen</translation>
    </message>
    <message numerus="yes">
        <source>Open the %n photo(s) of &amp;last time</source>
        <translation>
            <numerusform>Das %n Foto vom &amp;letzten Mal öffnen</numerusform>
            <numerusform>Die %n Fotos vom &amp;letzten Mal öffnen</numerusform>
        </translation>
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
        <source>Open photos</source>
        <translation>Fotos öffnen</translation>
    </message>
    <message>
        <source>Open a folder of photos</source>
        <translation>Einen Ordner mit Fotos öffnen</translation>
    </message>
    <message>
        <source>New here? There are six things to know.</source>
        <translation>Neu hier? Sechs Dinge sind gut zu wissen.</translation>
    </message>
    <message>
        <source>Show them</source>
        <translation>Zeigen</translation>
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
        <source>{name} is being started …</source>
        <translation>{name} wird gestartet …</translation>
    </message>
    <message>
        <source>{photo} opens in {name}; its flaws become layers there.</source>
        <translation>{photo} öffnet sich in {name}; seine Fehler werden dort zu Ebenen.</translation>
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
        <source>Looking whether it is there …</source>
        <translation>Es wird nachgesehen, ob es da ist …</translation>
    </message>
    <message numerus="yes">
        <source>%n kept repair(s) are in no copy yet.</source>
        <translation>
            <numerusform>%n behaltene Reparatur ist noch in keiner Kopie.</numerusform>
            <numerusform>%n behaltene Reparaturen sind noch in keiner Kopie.</numerusform>
        </translation>
    </message>
    <message>
        <source>Close the window without them?</source>
        <translation>Das Fenster ohne sie schließen?</translation>
    </message>
    <message>
        <source>&amp;Close without</source>
        <translation>Ohne sie &amp;schließen</translation>
    </message>
    <message>
        <source>&amp;Stay</source>
        <translation>&amp;Bleiben</translation>
    </message>
    <message>
        <source>Only files of this machine can be opened.</source>
        <translation>Nur Dateien dieses Rechners lassen sich öffnen.</translation>
    </message>
    <message>
        <source>Save the photo first, then drop the file.</source>
        <translation>Das Foto zuerst speichern, dann die Datei hereinziehen.</translation>
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
</TS>
