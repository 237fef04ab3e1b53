using System;
using System.Threading;
using MicroLink.Drivers.Desktop;
using MicroLink.Runtime;
using MicroLink.Samples.HelloActors;

// On a desktop: the same graph; a question from outside the actors, the live graph, and an end.
ActorSystem system = new ActorSystem(new DesktopClock(), 4);
ActorGraph graph = HelloGraph.Compose(system, "desktop");
graph.Start();
Thread dispatcher = new Thread(system.RunForever);
dispatcher.Start();

Greeting answer = (Greeting)system.AskAndWait(graph.Find("greeter"), new Greet(args.Length > 0 ? args[0] : "world"), 1000);
Console.WriteLine(answer == null ? "No answer within a second." : answer.Text);
Console.Write(graph.Print(PrintFormat.Text));
system.Stop();
dispatcher.Join();
return answer == null ? 1 : 0;
